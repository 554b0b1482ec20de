/** Stored messages that are due pile up, and the oldest gets older. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, counter, gauge } from "../promql/select.ts"
import { backlogState } from "../promql/values.ts"
import { backlog, backlogAge } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, lasting } from "./text.ts"
import { least, seconds } from "./threshold.ts"

const { cluster } = catalogue

export const clusterBacklogGrowing = alert({
  name: "ClusterBacklogGrowing",
  severity: "warning",
  for: "15m",
  keepFiringFor: "15m",
  thresholds: {
    least: least(100, "messages more than at the lowest point of 30 minutes"),
    seconds: seconds(60, "the oldest message may have been due")
  },
  threshold: (set) =>
    `At least ${count(set.least, "message")} more than at the lowest point of 30 minutes; the oldest is over ` +
    `${lasting(set.seconds)} old and older than 15 minutes ago.`,
  expression: (set) =>
    recorded(backlog)
      .minus(recorded(backlog).minOver("30m"))
      .atLeast(set.least)
      .and(recorded(backlogAge).above(set.seconds))
      .and(recorded(backlogAge).above(recorded(backlogAge).offset("15m"))),
  summary: (label) => `The message backlog of ${label("job")} grows.`,
  description: () =>
    `${number} more stored messages are due and not done than at the lowest point of the last 30 minutes, and the ` +
    "oldest gets older. Check whether runners hold all shards, and whether their handlers keep up.",
  runbook: {
    meaning:
      "Persisted messages arrive faster than they are handled. Nothing is lost, because they are stored, but " +
      "callers wait longer and longer. Messages scheduled for later do not count. One runner reports this number " +
      "for the whole cluster, so never add it up over runners.",
    firstLook: [
      { question: "How many messages, by state?", query: across(cluster.backlog, ["job", "state"]) },
      { question: "How old is the oldest?", query: recorded(backlogAge) },
      {
        question: "How many messages are sent?",
        query: counter(cluster.messagesSent).rate("5m").sumBy("job", "entity_type")
      },
      {
        question: "How many are received?",
        query: counter(cluster.messagesReceived).rate("5m").sumBy("job", "entity_type")
      },
      {
        question: "How many are being handled now?",
        query: gauge(cluster.messagesInFlight).sumBy("job", "entity_type")
      }
    ],
    causes: [
      "Senders send more: the sent rate rose, the received rate is as usual.",
      "Handlers are slow: the received rate fell, many messages are in flight. See ClusterMessageLatencyHigh.",
      "Shards have no owner: the received rate fell, few messages are in flight. See ClusterShardsUnowned.",
      `\`${backlogState.delivered}\` grows, \`${backlogState.pending}\` does not: handlers take messages and do not ` +
        "finish them."
    ],
    fix: [
      "If shards are unowned or a runner is lost, fix that first.",
      "If handlers are slow, fix what they wait for; if there are simply more messages, add runners.",
      "If one sender floods the cluster, slow it down.",
      "Divide the backlog by the difference of the rates to estimate when it is worked off."
    ],
    silence: "Silence by `job` for the duration of a known bulk load."
  }
})
