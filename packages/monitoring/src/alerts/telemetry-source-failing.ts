/** What a sampled number is read from can't be read, or watching itself has a defect. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { observations } from "../promql/select.ts"
import { failedOrDied } from "../promql/values.ts"
import { recorded } from "../rules/recording.ts"
import { watchErrors } from "../rules/telemetry.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const telemetrySourceFailing = alert({
  name: "TelemetrySourceFailing",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least five errors at one place in 15 minutes.",
  expression: recorded(watchErrors).atLeast(5),
  summary: (label) => `${label("job")} can't measure ${label("site")}.`,
  description: (label) =>
    `${number} errors in the last 15 minutes while ${label("site")} was measured: its numbers are absent, and alerts on ` +
    "them can't fire. See whether the storage behind it answers, then read the warning in the log.",
  runbook: {
    meaning:
      "Queue depth, oldest age, dead letters and backlog are read from their source of truth. When it can't be read, the " +
      "number is absent rather than frozen, and so the alerts on it are silent. The same counter tells of a defect in the " +
      "library's own watching, which is swallowed so that the work goes on.",
    confirm: [
      {
        say: "What can't be measured? `site` is the name of a metric, or of what watches.",
        query: recorded(watchErrors)
      },
      {
        say: "Does the storage fail otherwise, too?",
        query: grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "15m").sumBy(
          "job",
          "storage_operation"
        )
      }
    ],
    causes: [
      "The database can't be reached: several sites fail at once, ClusterStorageErrors fires.",
      "A query of a sampler takes too long, since a table grew.",
      "A permission is missing for a read: one site fails since a change.",
      "A defect in watching: `site` is `trackJob` or the like. Please report it with the warning's text."
    ],
    fix: [
      "Read the warning of that site in the log of the process; it is written at the first failure.",
      "Fix the source; sampling goes on by itself, and the log says so.",
      "Meanwhile look at the queue itself, as its alerts are blind."
    ],
    silence: "Silence by `site`, while the source is fixed, and watch what it measures by other means."
  }
})
