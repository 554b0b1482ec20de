/** Messages reach handlers again and again. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter } from "../promql/select.ts"
import { shardMove } from "../promql/values.ts"
import { receivedMessages, redeliveredMessages, restarts, runners } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const clusterRedeliveriesHigh = alert({
  name: "ClusterRedeliveriesHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least ten redeliveries in 15 minutes, and more than a twentieth of the messages received.",
  expression: recorded(redeliveredMessages)
    .atLeast(10)
    .unless(recorded(redeliveredMessages).dividedBy(recorded(receivedMessages)).atMost(0.05)),
  summary: (label) => `Messages to ${label("entity_type")} of ${label("job")} are delivered again and again.`,
  description: (label) =>
    `${number} messages reached a handler of ${label("entity_type")} again in the last 15 minutes. ` +
    "The label reason of cluster_redeliveries_total says whether entities restart, streams resume, or runners are lost.",
  runbook: {
    meaning:
      "Handlers get messages that a handler had before. Whether that one finished its work, no process can know: what is " +
      "not idempotent may have been done twice.",
    confirm: [
      {
        say:
          "Why? `entity_restart`: a defect rebuilt the entity. `stream_resume`: a stream went on elsewhere. `storage`: " +
          "a run was lost with its runner.",
        query: grown(counter(cluster.redeliveries), "15m").sumBy("job", "entity_type", "reason")
      },
      { say: "Do entities restart?", query: recorded(restarts) },
      { say: "Do runners come and go?", query: recorded(runners) },
      {
        say: "Are shards lost?",
        query: grown(counter(cluster.shardMoves, { direction: shardMove.lost }), "15m").sumBy("job", "instance")
      }
    ],
    causes: [
      "`entity_restart`: a handler dies of a defect, the entity is rebuilt, the message comes again: see ClusterEntityRestartLoop.",
      "`storage`: runners are killed or lose their locks: see ClusterRunnerLost and ClusterStorageErrors.",
      "`stream_resume`: long streams and often moving shards: each move makes every stream resume.",
      "One poison message that takes its runner down each time."
    ],
    fix: [
      "By reason, follow the runbook that the causes name.",
      "If it is one message, find it in the storage by its many deliveries and take it out; keep its payload.",
      "If shards move often for no reason, look for a runner that is found dead and alive in turns.",
      "Check that what the handlers of the type do outside is idempotent."
    ],
    silence: "Silence by `entity_type` for a planned exchange of runners. Never while the reason is `entity_restart`."
  }
})
