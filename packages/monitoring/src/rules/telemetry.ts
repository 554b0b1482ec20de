/** Recording rules for telemetry itself. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter } from "../promql/select.ts"
import { succeeded, unsuccessful } from "../promql/values.ts"
import { record, type Recording } from "./recording.ts"

const { telemetry } = catalogue

export const failedExports = record(
  "instance:telemetry_exports_failed:increase15m",
  "Exports of a process that did not succeed in 15 minutes.",
  grown(counter(telemetry.exports, { outcome: unsuccessful }), "15m").sumBy("job", "instance")
)

export const succeededExports = record(
  "instance:telemetry_exports_succeeded:increase15m",
  "Exports of a process that were acknowledged in 15 minutes.",
  grown(counter(telemetry.exports, { outcome: succeeded }), "15m").sumBy("job", "instance")
)

export const folded = record(
  "metric:telemetry_series_overflow:increase15m",
  "Recordings folded into the overflow series of a metric in 15 minutes.",
  grown(counter(telemetry.overflow), "15m").sumBy("job", "metric")
)

export const watchErrors = record(
  "site:telemetry_watch_errors:increase15m",
  "Errors while measuring a site in 15 minutes.",
  grown(counter(telemetry.watchErrors), "15m").sumBy("job", "site")
)

export const telemetryRecordings: ReadonlyArray<Recording> = [failedExports, succeededExports, folded, watchErrors]
