/** A metric has more label sets than it may have, and folds the rest into one series. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { gauge } from "../promql/select.ts"
import { recorded } from "../rules/recording.ts"
import { folded } from "../rules/telemetry.ts"
import { alert, number } from "./alert.ts"

const { telemetry } = catalogue

export const telemetrySeriesOverflow = alert({
  name: "TelemetrySeriesOverflow",
  severity: "warning",
  for: "10m",
  keepFiringFor: "30m",
  gate: "At least ten recordings folded in 15 minutes.",
  expression: recorded(folded).atLeast(10),
  summary: (label) => `${label("metric")} of ${label("job")} has too many series.`,
  description: (label) =>
    `${number} recordings on ${label("metric")} went into its overflow series in the last 15 minutes. Totals are exact, ` +
    "labels are lost. The log of the process names the label with the most values.",
  runbook: {
    meaning:
      "A metric reached its limit of series (2,000 unless configured). Further label sets are folded into one series with " +
      '`otel_metric_overflow="true"`: sums over all labels stay exact, sums by a label do not. Memory stays flat.',
    confirm: [
      { say: "How much is folded, of which metric?", query: recorded(folded) },
      { say: "How many series does each process have of it?", query: gauge(telemetry.series) }
    ],
    causes: [
      "An id became a label: a job id, a request id, a tenant. Almost each recording is a new series.",
      "Error messages with ids in them became the `reason` or `type` of an error.",
      "Truly many types: the number of series stops at a number that one can explain.",
      "Types that are gone were never removed: it grew over weeks."
    ],
    fix: [
      "Read the warning in the process's log: it names the label with the most values.",
      "Take ids out of labels; give errors a `reason` or `_tag` from a closed set.",
      "If the values are true and bounded, raise the limit of that metric: `MetricsService.layer({ limits })`.",
      "Remove series of types that are gone with `MetricsService.remove`.",
      "The overflow series stays until the process restarts or it is removed."
    ],
    silence: "Silence by `metric` until the release with the fixed label is out: the process is safe meanwhile."
  }
})
