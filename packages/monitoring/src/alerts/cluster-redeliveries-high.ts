/** Messages reach handlers again and again. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter } from "../promql/select.ts"
import { redelivery, shardMove } from "../promql/values.ts"
import { receivedMessages, redeliveredMessages, restarts, runners } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, percent } from "./text.ts"
import { least, share } from "./threshold.ts"

const { cluster } = catalogue

export const clusterRedeliveriesHigh = alert({
  name: "ClusterRedeliveriesHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    least: least(10, "redeliveries in 15 minutes"),
    share: share(0.05, "redeliveries, of the messages received")
  },
  threshold: (set) =>
    `At least ${count(set.least, "redelivery", "redeliveries")} in 15 minutes, and more than ${percent(set.share)} of ` +
    "the messages received.",
  expression: (set) =>
    recorded(redeliveredMessages)
      .atLeast(set.least)
      .unless(recorded(redeliveredMessages).dividedBy(recorded(receivedMessages)).atMost(set.share)),
  summary: (label) => `Messages to ${label("entity_type")} of ${label("job")} are redelivered often.`,
  description: (label) =>
    `${number} messages reached a handler of ${label("entity_type")} again in the last 15 minutes. The label ` +
    "reason of cluster_redeliveries_total tells whether entities restart, streams resume or runners are lost.",
  runbook: {
    meaning:
      "Handlers get messages that an earlier run had already received. No process can know whether that run " +
      "finished its work: what is not idempotent may have been done twice.",
    firstLook: [
      {
        question:
          `Why? \`${redelivery.entity_restart}\`: a defect rebuilt the entity. \`${redelivery.stream_resume}\`: a ` +
          `stream continued elsewhere. \`${redelivery.storage}\`: a run was lost with its runner.`,
        query: grown(counter(cluster.redeliveries), "15m").sumBy("job", "entity_type", "reason")
      },
      { question: "Do entities restart?", query: recorded(restarts) },
      { question: "Do runners come and go?", query: recorded(runners) },
      {
        question: "Are shards lost?",
        query: grown(counter(cluster.shardMoves, { direction: shardMove.lost }), "15m").sumBy("job", "instance")
      }
    ],
    causes: [
      `\`${redelivery.entity_restart}\`: a handler dies of a defect, the entity is rebuilt and gets the message ` +
        "again: see ClusterEntityRestartLoop.",
      `\`${redelivery.storage}\`: runners are killed or lose their locks: see ClusterRunnerLost and ` +
        "ClusterStorageErrors.",
      `\`${redelivery.stream_resume}\`: long streams and shards that move often: each move resumes every stream.`,
      "A poison message that kills its runner each time."
    ],
    fix: [
      "Follow the runbook that the causes name for the leading reason.",
      "If it is one message, find it in the storage by its number of deliveries and remove it; keep its payload.",
      "If shards move often for no reason, look for a runner that health checks find alive and dead in turns.",
      "Check that the side effects of these handlers are idempotent."
    ],
    silence:
      "Silence by `entity_type` for a planned replacement of runners. Never while the reason is " +
      `\`${redelivery.entity_restart}\`.`
  }
})
