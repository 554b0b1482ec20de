/** Entities refuse messages because their mailboxes are full. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, buckets, quantile } from "../promql/select.ts"
import { operations, rejected } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, percent } from "./text.ts"
import { least, share } from "./threshold.ts"

const { cluster } = catalogue

const all = recorded(operations).sumBy("job", "entity_type")

export const clusterMailboxRejections = alert({
  name: "ClusterMailboxRejections",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    least: least(10, "rejections in 10 minutes"),
    share: share(0.01, "operations that are rejected")
  },
  threshold: (set) =>
    `At least ${count(set.least, "rejection")} in 10 minutes, and more than ${percent(set.share)} of the operations.`,
  expression: (set) =>
    recorded(rejected).atLeast(set.least).unless(recorded(rejected).dividedBy(all).atMost(set.share)),
  summary: (label) => `Entities of type ${label("entity_type")} of ${label("job")} refuse messages.`,
  description: (label) =>
    `${number} messages to ${label("entity_type")} were refused in the last 10 minutes because the mailbox was ` +
    "full. Check whether the handlers got slower or the senders faster.",
  runbook: {
    meaning:
      "Messages arrive faster than entities of this type handle them. Their mailboxes are full, and senders get " +
      "MailboxFull. Refused messages are not stored: unless the sender retries, they are lost.",
    firstLook: [
      { question: "How many messages were refused?", query: recorded(rejected) },
      { question: "How deep are the mailboxes?", query: across(cluster.mailboxDepth, ["job", "entity_type"]) },
      {
        question: "How long do messages wait for their handler?",
        query: quantile(0.95, buckets(cluster.messageWait).rate("5m").sumBy("job", "entity_type", "le"))
      },
      {
        question: "How long do handlers take?",
        query: quantile(
          0.95,
          buckets(cluster.messageProcessing).rate("5m").sumBy("job", "entity_type", "message", "le")
        )
      }
    ],
    causes: [
      "One entity gets most of the messages: the wait is long, few entities are active.",
      "Handlers got slower because a dependency is slow: the processing time rose first.",
      "Senders got faster: the number of messages rose, the processing time did not.",
      "A loss moved many entities to few runners: their event loops are overloaded."
    ],
    fix: [
      "If handlers are slow, fix what they wait for.",
      "If one entity is hot, spread its work over more ids, or let it handle messages concurrently.",
      "Let senders back off and retry: nobody else knows of a refused message.",
      "Raise the mailbox capacity only to absorb bursts: it makes no handler faster."
    ],
    silence: "Silence by `entity_type` if its senders are known to retry. Watch the wait time meanwhile."
  }
})
