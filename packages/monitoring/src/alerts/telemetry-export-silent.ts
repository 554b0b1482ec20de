/** No process of a service has had an export acknowledged for ten minutes. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge, secondsSince } from "../promql/select.ts"
import { runners } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"

const { telemetry } = catalogue

const silence = secondsSince(gauge(telemetry.lastSuccess).lastOver("1h").maxBy("job"))

export const telemetryExportSilent = alert({
  name: "TelemetryExportSilent",
  severity: "critical",
  for: "6m",
  keepFiringFor: "5m",
  gate: "The whole service has exported nothing for ten minutes: a single process that goes does not fire.",
  expression: silence.above(600),
  summary: (label) => `No metrics of ${label("job")} arrive.`,
  description: (label) =>
    `No process of ${label("job")} has had an export acknowledged for ${duration}: its other alerts are blind. ` +
    "See whether the service runs, then whether its collector does.",
  runbook: {
    meaning:
      "The last acknowledged export of any process of the service is more than ten minutes ago. When metrics come over " +
      "OTLP only, a failing exporter can't report itself: its numbers just end. This alert looks at the last that came, " +
      "for an hour. Until it is over, no other alert of this service can be trusted to fire.",
    confirm: [
      { say: "When did each process last succeed?", query: secondsSince(gauge(telemetry.lastSuccess).lastOver("1h")) },
      {
        say: "Does anything of it arrive, by scraping perhaps?",
        query: gauge(telemetry.series).countBy("job", "instance")
      },
      { say: "Are runners seen?", query: recorded(runners) },
      { say: "Did exports fail before?", query: grown(counter(telemetry.exports), "1h").sumBy("job", "outcome") }
    ],
    causes: [
      "The collector or Prometheus' receiver is down: several services fall silent at once.",
      "The service is down: its other signs, logs and health, are silent, too.",
      "A release changed the telemetry configuration: it fell silent with the rollout.",
      "The service was taken away on purpose: the alert ends by itself within the hour."
    ],
    fix: [
      "See whether the service answers. If not, this is an outage: go there.",
      "If it runs, read its log for the first failed export and follow [TelemetryExportFailing](TelemetryExportFailing.md).",
      "If many services are silent, fix the collector.",
      "Afterwards look at the dashboards for what went unseen."
    ],
    silence: "Silence by `job` when the service was taken away. Otherwise watch the service by other means meanwhile."
  }
})
