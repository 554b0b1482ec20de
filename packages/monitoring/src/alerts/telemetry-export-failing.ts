/** A process that is visible by other means can't export its metrics. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { buckets, counter, gauge, quantile, secondsSince } from "../promql/select.ts"
import { recorded } from "../rules/recording.ts"
import { failedExports, succeededExports } from "../rules/telemetry.ts"
import { alert, number } from "./alert.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { telemetry } = catalogue

export const telemetryExportFailing = alert({
  name: "TelemetryExportFailing",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: { least: least(3, "failed exports in 15 minutes") },
  threshold: (set) => `At least ${count(set.least, "failed export")} in 15 minutes, and none that succeeded.`,
  expression: (set) => recorded(failedExports).atLeast(set.least).unless(recorded(succeededExports).above(0)),
  summary: (label) => `${label("instance")} of ${label("job")} can't export its metrics.`,
  description: (label) =>
    `${number} exports of ${label("instance")} failed in the last 15 minutes and none succeeded. Check whether ` +
    "its collector is up, and whether the endpoint, certificate and headers are right.",
  runbook: {
    meaning:
      "The OTLP exporter of a process fails. It is visible here because the process is also scraped, or because its " +
      "counters arrived later. Cumulative counters lose nothing by the gap; delta sums are kept until they are " +
      "sent.",
    firstLook: [
      {
        question: "How do the exports end?",
        query: grown(counter(telemetry.exports), "15m").sumBy("job", "instance", "outcome")
      },
      { question: "How long ago did the last one succeed?", query: secondsSince(gauge(telemetry.lastSuccess)) },
      {
        question:
          "How long do they take? Close to the timeout means that the collector is slow or that no connection to it " +
          "can be made; less means that it refuses.",
        query: quantile(0.95, buckets(telemetry.exportDuration).rate("15m").sumBy("job", "instance", "outcome", "le"))
      },
      {
        question: "Are points dropped?",
        query: grown(counter(telemetry.pointsDropped), "15m").sumBy("job", "instance", "reason")
      },
      {
        question: "Are spans dropped too? Traces and logs often go to the same collector.",
        query: grown(counter(telemetry.spansDropped), "15m").sumBy("job", "instance", "reason")
      }
    ],
    causes: [
      "The collector is down or restarting: all processes fail at once.",
      "A token changed: exports fail fast since that change.",
      "A certificate expired, or was renewed on one side only: the log of the failure says whose certificate is meant, " +
        "and the variable that names its file. What has `alert` in it is the collector's word on the client's.",
      "The collector is slow or overloaded, or a firewall is in the way: exports take as long as their timeout.",
      "The endpoint or protocol is wrong, such as `http/json` to a gRPC port: it never worked for this process.",
      "The collector refuses the data: the log of the first failure has its response."
    ],
    fix: [
      "Read the first failure in the log of the process: it has the status and the response.",
      "Bring the collector back, or correct `OTEL_EXPORTER_OTLP_ENDPOINT` or headers.",
      "If it is a certificate, see what the file has (`openssl x509 -noout -subject -issuer -dates -in FILE`) and what " +
        "the collector shows (`openssl s_client -connect HOST:PORT -showcerts </dev/null`), and replace what is wrong. " +
        "A file that changes is read at the next export: the log of the process says `were read again`, or " +
        "`can't be used` and why.",
      "Don't restart anything: the exporter recovers by itself, and logs it. A process does not start again while its " +
        "client certificate is expired, unless it has `OTEL_SDK_DISABLED=true`.",
      "Check the dashboards for the time of the gap: alerts may have been silent."
    ],
    silence:
      "Silence by `job` for announced maintenance of the collector. Other alerts of the service can't fire " +
      "meanwhile."
  }
})
