/** Entities of a type are rebuilt after defects, again and again. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, observations } from "../promql/select.ts"
import { failedOrDied, failedOutcome } from "../promql/values.ts"
import { restarts } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, inWords } from "./text.ts"
import { least } from "./threshold.ts"

const { cluster } = catalogue

export const clusterEntityRestartLoop = alert({
  name: "ClusterEntityRestartLoop",
  severity: "critical",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: { least: least(5, "restarts in 15 minutes") },
  threshold: (set, made) =>
    `At least ${count(set.least, "restart")} in 15 minutes, for ${inWords(made.for)}: a single defect rebuilds an entity once.`,
  expression: (set) => recorded(restarts).atLeast(set.least),
  summary: (label) => `Entities of type ${label("entity_type")} of ${label("job")} restart again and again.`,
  description: (label) =>
    `Entities of type ${label("entity_type")} were rebuilt ${number} times after a defect in the last 15 minutes. ` +
    "Find the defect in the log, and the message that each restart follows.",
  runbook: {
    meaning:
      "A defect (a bug, not an error of the protocol) kills a handler; the cluster rebuilds the entity and delivers " +
      "its messages again; the handler dies again. Other messages to the same entity wait behind it.",
    firstLook: [
      { question: "How many restarts, by type?", query: recorded(restarts) },
      {
        question: "Which message's handler dies?",
        query: grown(observations(cluster.messageProcessing, { outcome: failedOutcome.defect }), "15m").sumBy(
          "job",
          "entity_type",
          "message"
        )
      },
      {
        question: "What is the defect called?",
        query: grown(counter(cluster.errors), "15m").sumBy("job", "entity_type", "type")
      },
      {
        question: "Or does building the entity fail?",
        query: grown(observations(cluster.activationDuration, { outcome: failedOrDied }), "15m").sumBy(
          "job",
          "entity_type"
        )
      }
    ],
    causes: [
      "A message that the handler can't process, delivered again after each restart: one message type, one entity.",
      "A release with a bug in the handler: many entities, since the rollout.",
      "Building the entity fails: what it loads at its start is missing or has a new format.",
      "A dependency returns something unexpected that the handler does not validate."
    ],
    fix: [
      "Read the defect in the log; it has a stack trace.",
      "If a release caused it, roll back.",
      "If it is one message, remove it from the storage, and keep its payload for the fix.",
      "Turn the defect into an error of the protocol: the message is then answered instead of repeated."
    ],
    silence: "Silence by `entity_type`, only while the fixed release is being rolled out."
  }
})
