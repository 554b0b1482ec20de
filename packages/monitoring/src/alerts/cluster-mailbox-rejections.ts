/** Entities refuse messages, as their mailboxes are full. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, buckets, quantile } from "../promql/select.ts"
import { operations, rejected } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

const all = recorded(operations).sumBy("job", "entity_type")

export const clusterMailboxRejections = alert({
  name: "ClusterMailboxRejections",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least ten rejections in 10 minutes, and more than a hundredth of the operations.",
  expression: recorded(rejected).atLeast(10).unless(recorded(rejected).dividedBy(all).atMost(0.01)),
  summary: (label) => `Entities of type ${label("entity_type")} of ${label("job")} refuse messages.`,
  description: (label) =>
    `${number} messages to ${label("entity_type")} were refused in the last 10 minutes, as the mailbox was full. ` +
    "See whether the handlers got slower or the senders faster.",
  runbook: {
    meaning:
      "Messages came faster than entities of this type handle them, their mailboxes filled up, and senders were told " +
      "MailboxFull. Those messages are not stored anywhere: unless the sender tries again, they are lost.",
    confirm: [
      { say: "How many were refused?", query: recorded(rejected) },
      { say: "How deep are the mailboxes?", query: across(cluster.mailboxDepth, ["job", "entity_type"]) },
      {
        say: "How long do messages wait for their handler?",
        query: quantile(0.95, buckets(cluster.messageWait).rate("5m").sumBy("job", "entity_type", "le"))
      },
      {
        say: "How long do handlers take?",
        query: quantile(
          0.95,
          buckets(cluster.messageProcessing).rate("5m").sumBy("job", "entity_type", "message", "le")
        )
      }
    ],
    causes: [
      "One entity gets most of the messages: the wait is long while few entities are active.",
      "Handlers got slower, for what they call is slow: the processing time rose first.",
      "Senders got faster: the number of messages rose, the processing time did not.",
      "Many entities went to few runners after a loss: their event loops are full."
    ],
    fix: [
      "If handlers are slow, fix what they wait for.",
      "If one entity is hot, spread its work over more ids, or let it handle messages concurrently.",
      "Let senders back off and try again; a refused message is told to them alone.",
      "Raise the capacity of the mailbox only against bursts: a deeper mailbox makes no handler faster."
    ],
    silence: "Silence by `entity_type` when its senders are known to try again. Watch the wait time meanwhile."
  }
})
