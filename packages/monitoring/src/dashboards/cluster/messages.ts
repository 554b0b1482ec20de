/** Do messages get through, how fast, and which do not? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterBacklogGrowing } from "../../alerts/cluster-backlog-growing.ts"
import { clusterMailboxRejections } from "../../alerts/cluster-mailbox-rejections.ts"
import { clusterMessageLatencyHigh } from "../../alerts/cluster-message-latency-high.ts"
import { clusterRedeliveriesHigh } from "../../alerts/cluster-redeliveries-high.ts"
import { counter, gauge } from "../../promql/select.ts"
import { entityType, percentile, percentiles, process } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

const of = { ...process, ...entityType }

export const messagePanels = [
  {
    title: "Messages sent and received",
    kind: "lines",
    unit: "suffix: messages/s",
    description: "Received far below sent: they pile up. Received above sent: redeliveries, or broadcasts.",
    alert: clusterBacklogGrowing,
    queries: [
      {
        query: counter(cluster.messagesSent, of).rate("$__rate_interval").sumBy("entity_type"),
        legend: "{{entity_type}} sent"
      },
      {
        query: counter(cluster.messagesReceived, of).rate("$__rate_interval").sumBy("entity_type"),
        legend: "{{entity_type}} received"
      }
    ]
  },
  {
    title: "Errors by type",
    kind: "stack",
    unit: "suffix: errors/s",
    description:
      "MailboxFull: refused and lost unless sent again. PersistenceError: the storage. Others are the handlers' own.",
    alert: clusterMailboxRejections,
    queries: [
      {
        query: counter(cluster.errors, of).rate("$__rate_interval").sumBy("entity_type", "type"),
        legend: "{{entity_type}} {{type}}"
      }
    ],
    empty: "No operation has failed."
  },
  {
    title: "Latency, as callers see it",
    kind: "lines",
    unit: "s",
    description: "Each operation from start to end. Compare with waiting, handling and the way to see where it goes.",
    alert: clusterMessageLatencyHigh,
    queries: percentiles(cluster.messageLatency, of, "entity_type", "operation")
  },
  {
    title: "Waiting for the handler",
    kind: "lines",
    unit: "s",
    description: "From arrival to the handler's start. Long: entities are busy, the mailbox fills up.",
    alert: clusterMailboxRejections,
    queries: percentiles(cluster.messageWait, of, "entity_type")
  },
  {
    title: "In the handler",
    kind: "lines",
    unit: "s",
    description: "Handler start to end, by message. Long: what the handler calls is slow.",
    alert: clusterMessageLatencyHigh,
    queries: [percentile(cluster.messageProcessing, of, "entity_type", "message", "outcome")]
  },
  {
    title: "On the way",
    kind: "lines",
    unit: "s",
    description:
      "Sent until arrived, first deliveries only, by the sender's clock. Negative clocks show as 0; long: polling or storage.",
    alert: clusterMessageLatencyHigh,
    queries: percentiles(cluster.messageDelay, of, "entity_type")
  },
  {
    title: "Mailbox depth and in handlers",
    kind: "lines",
    unit: "suffix: messages",
    description: "Arrived and not started, and being handled. A mailbox that only grows will refuse messages.",
    alert: clusterMailboxRejections,
    queries: [
      { query: gauge(cluster.mailboxDepth, of).sumBy("entity_type"), legend: "{{entity_type}} waiting" },
      { query: gauge(cluster.messagesInFlight, of).sumBy("entity_type"), legend: "{{entity_type}} in handler" }
    ]
  },
  {
    title: "Redeliveries by reason",
    kind: "stack",
    unit: "suffix: messages/s",
    description:
      "entity_restart: defects. stream_resume: moved shards. storage: lost runs. What is not idempotent was done twice.",
    alert: clusterRedeliveriesHigh,
    queries: [
      {
        query: counter(cluster.redeliveries, of).rate("$__rate_interval").sumBy("entity_type", "reason"),
        legend: "{{entity_type}} {{reason}}"
      }
    ],
    empty: "No message has been redelivered."
  },
  {
    title: "Duplicates",
    kind: "lines",
    unit: "suffix: messages/s",
    description:
      "Requests that the storage had already. They cost nothing; very many: a sender that does not wait for its answer.",
    alert: clusterRedeliveriesHigh,
    queries: [
      {
        query: counter(cluster.duplicates, of).rate("$__rate_interval").sumBy("entity_type"),
        legend: "{{entity_type}}"
      }
    ],
    empty: "No request was sent twice."
  }
] as const satisfies ReadonlyArray<Panel>
