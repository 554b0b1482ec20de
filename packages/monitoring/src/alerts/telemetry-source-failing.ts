/** The source of a sampled gauge can't be read, or tracking itself has a defect. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { observations } from "../promql/select.ts"
import { failedOrDied } from "../promql/values.ts"
import { recorded } from "../rules/recording.ts"
import { watchErrors } from "../rules/telemetry.ts"
import { alert, number } from "./alert.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { cluster } = catalogue

export const telemetrySourceFailing = alert({
  name: "TelemetrySourceFailing",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: { least: least(5, "errors at one site in 15 minutes") },
  threshold: (set) => `At least ${count(set.least, "error")} at one site in 15 minutes.`,
  expression: (set) => recorded(watchErrors).atLeast(set.least),
  summary: (label) => `${label("job")} can't measure ${label("site")}.`,
  description: (label) =>
    `${number} errors in the last 15 minutes while measuring ${label("site")}: its numbers may be absent, and ` +
    "alerts on them can't fire. Check whether the storage behind it responds, then read the warning in the log.",
  runbook: {
    meaning:
      "Queue depth, oldest age, dead letters and backlog are read from their source. If it can't be read, the gauge " +
      "is absent rather than frozen, and alerts on it are silent. The same counter counts defects of the library in " +
      "tracking, which do not affect the tracked work.",
    firstLook: [
      {
        question: "What can't be measured? `site` is the name of a metric, or of what tracks.",
        query: recorded(watchErrors)
      },
      {
        question: "Does the storage fail for other operations too?",
        query: grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "15m").sumBy(
          "job",
          "storage_operation"
        )
      }
    ],
    causes: [
      "The database can't be reached: several sites fail at once, and ClusterStorageErrors fires.",
      "A sampling query takes too long because a table grew.",
      "A read permission is missing: one site fails since a change.",
      "A defect in tracking: `site` is `trackJob` or similar. Please report it with the text of the warning."
    ],
    fix: [
      "Read the warning of that site in the log of the process; it is logged at the first failure.",
      "Fix the source; sampling recovers by itself, and logs it.",
      "Until then, check the queue directly: its alerts can't fire."
    ],
    silence: "Silence by `site` while the source is being fixed, and watch what it measures by other means."
  }
})
