/** Can the other dashboards be trusted? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { telemetryExportFailing } from "../alerts/telemetry-export-failing.ts"
import { telemetryExportSilent } from "../alerts/telemetry-export-silent.ts"
import { telemetrySeriesOverflow } from "../alerts/telemetry-series-overflow.ts"
import { telemetrySourceFailing } from "../alerts/telemetry-source-failing.ts"
import { counter, gauge, secondsSince } from "../promql/select.ts"
import { dropReason, recordDropReason, succeeded, unsuccessful } from "../promql/values.ts"
import type { Dashboard } from "./dashboard.ts"
import { percentiles, process } from "./scope.ts"

const { telemetry } = catalogue

const exporting = [
  {
    title: "Time since the last acknowledged export",
    kind: "lines",
    unit: "s",
    description:
      "Normally a sawtooth as high as the export interval. A climb: the exporter fails, or the process is gone.",
    alert: telemetryExportSilent,
    queries: [{ query: secondsSince(gauge(telemetry.lastSuccess, process)), legend: "{{job}} {{instance}}" }],
    empty: "The service does not export over OTLP."
  },
  {
    title: "Exports by outcome",
    kind: "stack",
    unit: "suffix: exports/s",
    description: "Occasional failures cost nothing. Only failures: no metrics arrive.",
    alert: telemetryExportFailing,
    queries: [
      {
        query: counter(telemetry.exports, { ...process, outcome: succeeded })
          .rate("$__rate_interval")
          .sumBy("job", "instance"),
        legend: "{{job}} {{instance}} success"
      },
      {
        query: counter(telemetry.exports, { ...process, outcome: unsuccessful })
          .rate("$__rate_interval")
          .sumBy("job", "instance", "outcome"),
        legend: "{{job}} {{instance}} {{outcome}}"
      }
    ],
    empty: "The service does not export over OTLP."
  },
  {
    title: "Export duration",
    kind: "lines",
    unit: "s",
    description: "Close to the timeout: the collector is slow, or there are too many series.",
    alert: telemetryExportFailing,
    queries: percentiles(telemetry.exportDuration, process, "job"),
    empty: "The service does not export over OTLP."
  }
] as const

const content = [
  {
    title: "Series by metric",
    kind: "lines",
    unit: "suffix: series",
    description: "Normally flat. A climb: a label has unbounded values and will reach its limit.",
    alert: telemetrySeriesOverflow,
    width: 12,
    queries: [{ query: gauge(telemetry.series, process).sumBy("metric"), legend: "{{metric}}" }]
  },
  {
    title: "Recordings folded into overflow series",
    kind: "lines",
    unit: "suffix: recordings/s",
    description: "Above 0: labels of that metric are lost, totals are exact.",
    alert: telemetrySeriesOverflow,
    width: 12,
    queries: [
      { query: counter(telemetry.overflow, process).rate("$__rate_interval").sumBy("metric"), legend: "{{metric}}" }
    ],
    empty: "No metric has reached its series limit."
  },
  {
    title: "Points dropped",
    kind: "stack",
    unit: "suffix: points/s",
    description:
      `\`${dropReason.non_finite}\`, \`${dropReason.negative}\`: a bug in the recording code. \`${dropReason.conflict}\`: ` +
      `two definitions. \`${dropReason.rejected}\`: so many the receiver rejected of a request that it accepted. ` +
      `\`${dropReason.refused}\`: it takes no request with them, and they are left out for an hour.`,
    alert: telemetryExportFailing,
    width: 12,
    queries: [
      {
        query: counter(telemetry.pointsDropped, process).rate("$__rate_interval").sumBy("job", "reason"),
        legend: "{{job}} {{reason}}"
      }
    ],
    empty: "No point was dropped."
  },
  {
    title: "Spans and log records dropped",
    kind: "stack",
    unit: "suffix: records/s",
    description:
      `\`${recordDropReason.queue_full}\`: more wait than may, as the receiver is away or slow. ` +
      `\`${recordDropReason.rejected}\`, \`${recordDropReason.refused}\`: the receiver does not take them; the log says why.`,
    alert: telemetryExportFailing,
    width: 12,
    queries: [
      {
        query: counter(telemetry.spansDropped, process).rate("$__rate_interval").sumBy("job", "reason"),
        legend: "{{job}} spans {{reason}}"
      },
      {
        query: counter(telemetry.logRecordsDropped, process).rate("$__rate_interval").sumBy("job", "reason"),
        legend: "{{job}} log records {{reason}}"
      }
    ],
    empty: "No span and no log record was dropped."
  },
  {
    title: "Errors while measuring",
    kind: "stack",
    unit: "suffix: errors/s",
    description: "A source can't be read and its gauge is absent, or tracking itself has a defect.",
    alert: telemetrySourceFailing,
    width: 12,
    queries: [
      {
        query: counter(telemetry.watchErrors, process).rate("$__rate_interval").sumBy("job", "site"),
        legend: "{{job}} {{site}}"
      }
    ],
    empty: "Everything could be measured."
  },
  {
    title: "Labels left out of recordings",
    kind: "lines",
    unit: "suffix: labels/s",
    description:
      "Above 0: code gives that metric a label which its row does not declare. The recordings count without it.",
    alert: telemetrySeriesOverflow,
    width: 12,
    queries: [
      {
        query: counter(telemetry.labelsDropped, process).rate("$__rate_interval").sumBy("metric"),
        legend: "{{metric}}"
      }
    ],
    empty: "Every label is declared."
  }
] as const

export const telemetryHealth: Dashboard = {
  uid: "telemetry-health",
  title: "Telemetry health",
  description: "Do metrics arrive, and can they be trusted?",
  reading:
    "Look here before you believe that nothing happens elsewhere. Worry when the time since the last export climbs, or " +
    "when series, dropped points or errors while measuring grow. All else may be empty, and says so.",
  variables: ["service", "instance"],
  rows: [
    { title: "Do they arrive?", panels: exporting },
    { title: "Can they be trusted?", panels: content }
  ]
}
