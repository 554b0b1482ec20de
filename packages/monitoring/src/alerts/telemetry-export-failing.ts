/** A process that is seen otherwise can't export its metrics. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { buckets, counter, gauge, quantile, secondsSince } from "../promql/select.ts"
import { recorded } from "../rules/recording.ts"
import { failedExports, succeededExports } from "../rules/telemetry.ts"
import { alert, number } from "./alert.ts"

const { telemetry } = catalogue

export const telemetryExportFailing = alert({
  name: "TelemetryExportFailing",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least three failed exports in 15 minutes, and not one that succeeded.",
  expression: recorded(failedExports).atLeast(3).unless(recorded(succeededExports).above(0)),
  summary: (label) => `${label("instance")} of ${label("job")} can't export its metrics.`,
  description: (label) =>
    `${number} exports of ${label("instance")} failed in the last 15 minutes and none succeeded. ` +
    "See whether its collector is up, and whether address, certificate and headers are right.",
  runbook: {
    meaning:
      "The OTLP exporter of a process fails. It is seen here because the process is scraped as well, or as its counters " +
      "arrived after the trouble. Cumulative counters lose nothing by a gap; delta sums are kept until they are sent.",
    confirm: [
      {
        say: "How do the exports end?",
        query: grown(counter(telemetry.exports), "15m").sumBy("job", "instance", "outcome")
      },
      { say: "When did the last one succeed?", query: secondsSince(gauge(telemetry.lastSuccess)) },
      {
        say: "How long do they take? Close to the time-out means a slow collector.",
        query: quantile(0.95, buckets(telemetry.exportDuration).rate("15m").sumBy("job", "instance", "outcome", "le"))
      },
      {
        say: "Are points refused?",
        query: grown(counter(telemetry.pointsDropped), "15m").sumBy("job", "instance", "reason")
      }
    ],
    causes: [
      "The collector is down or restarting: all processes fail at once.",
      "A firewall, a certificate or a token changed: they fail since that change, and fast.",
      "The collector is slow or full: exports take as long as their time-out.",
      "Address or protocol is wrong, as in `http/json` to a gRPC port: it never worked for this process.",
      "The collector refuses the data: the log line of the first failure has its answer."
    ],
    fix: [
      "Read the first failure in the log of the process: it has the status and the answer.",
      "Bring the collector back, or correct `OTEL_EXPORTER_OTLP_ENDPOINT`, headers or certificate.",
      "Nothing is to be restarted: the exporter goes on by itself, and says so in its log.",
      "Alerts may have been silent meanwhile: look at the dashboards of the time."
    ],
    silence:
      "Silence by `job` for an announced maintenance of the collector; other alerts of the service are blind with it."
  }
})
