/** The metrics of the pipeline about itself: what it exported, dropped, folded and failed at. */
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

/** Why a point or an amount was dropped. */
export const dropReasons = ["non_finite", "negative", "conflict", "rejected", "refused"] as const

/** Why a span or a log record was dropped. */
export const recordDropReasons = ["queue_full", "rejected", "refused"] as const

export const telemetry = {
  exports: {
    name: "telemetry_exports_total",
    kind: "counter",
    unit: "{export}",
    labels: ["outcome"],
    closed: { outcome: failedOutcomes },
    help: "Exports that ended; the label outcome is absent on success."
  },
  exportDuration: {
    name: "telemetry_export_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help: "Duration of one export, until its last request was acknowledged or failed."
  },
  pointsDropped: {
    name: "telemetry_points_dropped_total",
    kind: "counter",
    unit: "{point}",
    labels: ["reason"],
    closed: { reason: dropReasons },
    help:
      "Points and amounts dropped: not finite, negative where only growth is allowed, in conflict with another " +
      "definition, or rejected or refused by the receiver."
  },
  spansDropped: {
    name: "telemetry_spans_dropped_total",
    kind: "counter",
    unit: "{span}",
    labels: ["reason"],
    closed: { reason: recordDropReasons },
    help: "Spans dropped: the queue was full, they could not be encoded, or the receiver rejected or refused them."
  },
  logRecordsDropped: {
    name: "telemetry_log_records_dropped_total",
    kind: "counter",
    unit: "{record}",
    labels: ["reason"],
    closed: { reason: recordDropReasons },
    help: "Log records dropped: the queue was full, they could not be encoded, or the receiver rejected or refused them."
  },
  series: {
    name: "telemetry_series",
    kind: "gauge",
    unit: "{series}",
    labels: ["metric"],
    help: "Series of a metric now, its overflow series included; read at collection."
  },
  overflow: {
    name: "telemetry_series_overflow_total",
    kind: "counter",
    unit: "{point}",
    labels: ["metric"],
    help:
      "Recordings folded into the overflow series of a metric that has reached its series limit. Of a metric that is read " +
      "from a source, a label set counts once, when it goes over the limit, and not at each read."
  },
  labelsDropped: {
    name: "telemetry_labels_dropped_total",
    kind: "counter",
    unit: "{label}",
    labels: ["metric"],
    help: "Labels left out of recordings because the metric does not declare them; the recording itself counts."
  },
  lastSuccess: {
    name: "telemetry_last_success_timestamp_seconds",
    kind: "gauge",
    unit: "s",
    labels: [],
    help: "Time of the last acknowledged export, in seconds since the epoch; absent before the first."
  },
  watchErrors: {
    name: "telemetry_watch_errors_total",
    kind: "counter",
    unit: "{error}",
    labels: ["site"],
    help:
      "Errors of the measuring itself, by site: defects in tracking, and gauges whose source could not be read. " +
      "What is measured is not affected."
  }
} as const satisfies Rows
