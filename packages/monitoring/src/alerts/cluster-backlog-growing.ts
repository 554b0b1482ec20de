/** Stored messages that are due pile up, and the oldest gets older. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, counter, gauge } from "../promql/select.ts"
import { backlog, backlogAge } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const clusterBacklogGrowing = alert({
  name: "ClusterBacklogGrowing",
  severity: "warning",
  for: "15m",
  keepFiringFor: "15m",
  gate: "At least 100 messages more than at the lowest point of 30 minutes, and the oldest waits over a minute and longer.",
  expression: recorded(backlog)
    .minus(recorded(backlog).minOver("30m"))
    .atLeast(100)
    .and(recorded(backlogAge).above(60))
    .and(recorded(backlogAge).above(recorded(backlogAge).offset("15m"))),
  summary: (label) => `The message backlog of ${label("job")} grows.`,
  description: () =>
    `${number} more stored messages are due and not done than within the last 30 minutes, and the oldest gets older. ` +
    "See whether runners hold all shards and whether their handlers keep up.",
  runbook: {
    meaning:
      "Persisted messages come faster than they are done. Nothing is lost: they are stored. But whoever waits for the " +
      "answer waits longer and longer. Messages that are scheduled for later do not count. One runner writes this number " +
      "for the cluster, so it must never be added up over runners.",
    confirm: [
      { say: "How many, by state?", query: across(cluster.backlog, ["job", "state"]) },
      { say: "How old is the oldest?", query: recorded(backlogAge) },
      {
        say: "How many messages are sent?",
        query: counter(cluster.messagesSent).rate("5m").sumBy("job", "entity_type")
      },
      {
        say: "How many are received?",
        query: counter(cluster.messagesReceived).rate("5m").sumBy("job", "entity_type")
      },
      { say: "How many are in a handler now?", query: gauge(cluster.messagesInFlight).sumBy("job", "entity_type") }
    ],
    causes: [
      "Senders send more: sent rose, received is as usual.",
      "Handlers are slow: received fell, many in flight. See ClusterMessageLatencyHigh.",
      "Shards have no owner: received fell, few in flight. See ClusterShardsUnowned.",
      "`delivered` grows, not `pending`: handlers take messages and do not finish."
    ],
    fix: [
      "If shards are unowned or a runner is lost, fix that first.",
      "If handlers are slow, fix what they wait for; if they are many, add runners.",
      "If one sender floods, slow it down.",
      "Divide what waits by the difference of the rates to know when it is over."
    ],
    silence: "Silence by `job` for the time of a known bulk load."
  }
})
