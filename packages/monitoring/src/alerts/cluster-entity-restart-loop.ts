/** Entities of a type die of defects and are rebuilt, again and again. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, observations } from "../promql/select.ts"
import { failedOrDied, failedOutcome } from "../promql/values.ts"
import { restarts } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const clusterEntityRestartLoop = alert({
  name: "ClusterEntityRestartLoop",
  severity: "critical",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least five restarts in 15 minutes, for ten minutes on end: one defect rebuilds an entity once.",
  expression: recorded(restarts).atLeast(5),
  summary: (label) => `Entities of type ${label("entity_type")} of ${label("job")} restart again and again.`,
  description: (label) =>
    `Entities of type ${label("entity_type")} were rebuilt ${number} times after a defect in the last 15 minutes. ` +
    "Find the defect in the log, and the message that each restart follows.",
  runbook: {
    meaning:
      "A defect (a bug, not a failure that the protocol knows) kills a handler; the cluster rebuilds the entity and gives " +
      "it its messages again; it dies again. Other messages to the same entity wait behind it.",
    confirm: [
      { say: "How many restarts, by type?", query: recorded(restarts) },
      {
        say: "Which message's handler dies?",
        query: grown(observations(cluster.messageProcessing, { outcome: failedOutcome.defect }), "15m").sumBy(
          "job",
          "entity_type",
          "message"
        )
      },
      {
        say: "What is the defect called?",
        query: grown(counter(cluster.errors), "15m").sumBy("job", "entity_type", "type")
      },
      {
        say: "Or can't the entity be built at all?",
        query: grown(observations(cluster.activationDuration, { outcome: failedOrDied }), "15m").sumBy(
          "job",
          "entity_type"
        )
      }
    ],
    causes: [
      "A message that the handler can't bear, delivered again after each restart: one message type, one entity.",
      "A release with a bug in the handler: many entities, since the rollout.",
      "Building the entity dies: what it loads at its start is gone or has changed its form.",
      "What it calls answers something unexpected, and the handler does not parse what it gets."
    ],
    fix: [
      "Read the defect in the log; it carries a stack.",
      "If a release began it, roll back.",
      "If it is one message, take it out of the storage, and keep its payload for the mending.",
      "Turn the defect into an error of the protocol: then it is answered instead of repeated."
    ],
    silence: "Silence by `entity_type` only while the fixed release is on its way."
  }
})
