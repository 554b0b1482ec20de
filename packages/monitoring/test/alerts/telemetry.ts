/** The cases of the alerts on telemetry itself. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import type { Case } from "../support/case.ts"
import { seen, series } from "../support/series.ts"

const { jobs, telemetry } = catalogue

export const telemetryCases: ReadonlyArray<Case> = [
  {
    alert: "TelemetryExportFailing",
    when: "the collector is down from the tenth minute on",
    series: [
      seen(),
      series(telemetry.exports, {}, "0+1x10 10x60"),
      series(telemetry.exports, { outcome: "failure" }, "0x10 1+1x60")
    ],
    firesAt: 35,
    firing: [
      {
        labels: { job: "shop", instance: "one", severity: "warning" },
        summary: "one of shop can't export its metrics.",
        description:
          "15 exports of one failed in the last 15 minutes and none succeeded. Check whether its collector is up, and whether the endpoint, certificate and headers are right."
      }
    ],
    healthy: {
      when: "every second export fails, and nothing is lost",
      series: [
        seen(),
        series(telemetry.exports, {}, "0+1x70"),
        series(telemetry.exports, { outcome: "failure" }, "0+1x70")
      ]
    }
  },
  {
    alert: "TelemetryExportSilent",
    when: "the metrics of both processes end, and nobody can say why",
    series: [
      series(telemetry.lastSuccess, {}, "0+60x10 _x60"),
      series(telemetry.lastSuccess, { instance: "two" }, "0+60x9 _x60")
    ],
    firesAt: 27,
    firing: [
      {
        labels: { job: "shop", severity: "critical" },
        summary: "No metrics of shop arrive.",
        description:
          "No process of shop has had an export acknowledged for 17m 0s, so its other alerts can't fire. Check whether the service runs, then whether its collector does."
      }
    ],
    healthy: {
      when: "one process is gone, and its successor exports",
      series: [
        series(telemetry.lastSuccess, {}, "0+60x10 _x60"),
        series(telemetry.lastSuccess, { instance: "two" }, "_x11 660+60x60")
      ]
    }
  },
  {
    alert: "TelemetrySeriesOverflow",
    when: "five recordings a minute are folded",
    series: [seen(), series(telemetry.overflow, { metric: jobs.enqueued.name }, "_x10 5+5x60")],
    firesAt: 21,
    firing: [
      {
        labels: { job: "shop", metric: "jobs_enqueued_total", severity: "warning" },
        summary: "jobs_enqueued_total of shop has too many series.",
        description:
          "60 recordings of jobs_enqueued_total went into its overflow series in the last 15 minutes. Totals are exact, labels are lost. The log of the process names the label with the most values."
      }
    ],
    healthy: {
      when: "three were",
      series: [seen(), series(telemetry.overflow, { metric: jobs.enqueued.name }, "_x30 3x60")]
    }
  },
  {
    alert: "TelemetrySourceFailing",
    when: "the queue can't be read, each minute",
    series: [seen(), series(telemetry.watchErrors, { site: jobs.queueDepth.name }, "_x10 1+1x60")],
    firesAt: 24,
    firing: [
      {
        labels: { job: "shop", site: "jobs_queue_depth", severity: "warning" },
        summary: "shop can't measure jobs_queue_depth.",
        description:
          "15 errors in the last 15 minutes while measuring jobs_queue_depth: its numbers may be absent, and alerts on them can't fire. Check whether the storage behind it responds, then read the warning in the log."
      }
    ],
    healthy: {
      when: "it could not be read twice",
      series: [seen(), series(telemetry.watchErrors, { site: jobs.queueDepth.name }, "_x30 2x60")]
    }
  }
]
