/** No process of a service has had an export acknowledged for long. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge, secondsSince } from "../promql/select.ts"
import { runners } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { lasting } from "./text.ts"
import { seconds } from "./threshold.ts"

const { telemetry } = catalogue

/** The last numbers are looked at for an hour, in seconds. */
const remembered = 3600

const silence = secondsSince(gauge(telemetry.lastSuccess).lastOver("1h").maxBy("job"))

export const telemetryExportSilent = alert({
  name: "TelemetryExportSilent",
  severity: "critical",
  for: "6m",
  keepFiringFor: "5m",
  lasts: (set) => remembered - set.seconds,
  thresholds: {
    // The interval between two exports, unless configured, is a minute.
    seconds: { ...seconds(600, "no export of the service may have been acknowledged"), above: 60, below: remembered }
  },
  threshold: (set) =>
    `The whole service has exported nothing for ${lasting(set.seconds)}: a single process that stops does not fire.`,
  expression: (set) => silence.above(set.seconds),
  summary: (label) => `No metrics of ${label("job")} arrive.`,
  description: (label) =>
    `No process of ${label("job")} has had an export acknowledged for ${duration}, so its other alerts can't ` +
    "fire. Check whether the service runs, then whether its collector does.",
  runbook: (set) => ({
    meaning:
      `The last acknowledged export of any process of the service was more than ${lasting(set.seconds)} ago. If metrics arrive ` +
      "only over OTLP, a failing exporter can't report itself: its numbers just end. This alert looks at the last " +
      "ones that arrived, for an hour. Until it is resolved, don't rely on other alerts of this service.",
    firstLook: [
      {
        question: "How long ago did each process last succeed?",
        query: secondsSince(gauge(telemetry.lastSuccess).lastOver("1h"))
      },
      {
        question: "Does anything arrive from it, perhaps by scraping?",
        query: gauge(telemetry.series).countBy("job", "instance")
      },
      { question: "Do runners report?", query: recorded(runners) },
      { question: "Did exports fail before?", query: grown(counter(telemetry.exports), "1h").sumBy("job", "outcome") }
    ],
    causes: [
      "The collector or Prometheus' receiver is down: several services fall silent at once.",
      "The service is down: its logs and health checks are silent too.",
      "A release changed the telemetry configuration: it fell silent with the rollout.",
      "The service was removed on purpose: the alert ends by itself within an hour."
    ],
    fix: [
      "Check whether the service responds. If not, this is an outage of the service: handle that first.",
      "If it runs, find the first failed export in its log and follow TelemetryExportFailing.",
      "If many services are silent, fix the collector.",
      "Afterwards, check the dashboards for what went unnoticed."
    ],
    silence: "Silence by `job` if the service was removed. Otherwise watch the service by other means."
  })
})
