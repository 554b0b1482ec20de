/** A metric has reached its series limit and folds further label sets into one series. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { gauge } from "../promql/select.ts"
import { recorded } from "../rules/recording.ts"
import { folded } from "../rules/telemetry.ts"
import { alert, number } from "./alert.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { telemetry } = catalogue

export const telemetrySeriesOverflow = alert({
  name: "TelemetrySeriesOverflow",
  severity: "warning",
  for: "10m",
  keepFiringFor: "30m",
  thresholds: { least: least(10, "recordings folded in 15 minutes") },
  threshold: (set) => `At least ${count(set.least, "recording")} folded in 15 minutes.`,
  expression: (set) => recorded(folded).atLeast(set.least),
  summary: (label) => `${label("metric")} of ${label("job")} has too many series.`,
  description: (label) =>
    `${number} recordings of ${label("metric")} went into its overflow series in the last 15 minutes. Totals are ` +
    "exact, labels are lost. The log of the process names the label with the most values.",
  runbook: {
    meaning:
      "A metric reached its series limit (2,000 unless configured). Further label sets are folded into one series " +
      'with `otel_metric_overflow="true"`: sums over all labels stay exact, sums by a label do not. Memory does not ' +
      "grow. A metric that is recorded counts each folded recording, so the alert lasts as long as labels are lost. One " +
      "that is read from a source (a queue, a pool) counts a label set once, when it goes over the limit: the alert ends " +
      "after 15 minutes without new ones, and `telemetry_series` shows that the limit is still reached.",
    firstLook: [
      { question: "How much is folded, and for which metric?", query: recorded(folded) },
      { question: "How many series of it does each process have?", query: gauge(telemetry.series) }
    ],
    causes: [
      "An id became a label (a job, a request, a tenant): almost every recording is a new series.",
      "Error messages that contain ids became the `reason` or `type` of errors.",
      "There really are that many types: the number of series levels off at a number you can explain.",
      "Series of removed types were never removed: the number grew over weeks."
    ],
    fix: [
      "Read the warning in the log of the process: it names the label with the most values.",
      "Take ids out of labels; give errors a `reason` or `_tag` from a closed set.",
      "If the values are valid and bounded, raise the limit of the metric: `MetricsService.layer({ limits })`.",
      "Remove the series of removed types with `MetricsService.remove`.",
      "The overflow series stays until it is removed or the process restarts."
    ],
    silence: "Silence by `metric` until the fixed release is out: the process is not at risk meanwhile."
  }
})
