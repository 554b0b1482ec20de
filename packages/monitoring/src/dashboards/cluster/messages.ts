/** Do messages get through, how fast, and which ones do not? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterBacklogGrowing } from "../../alerts/cluster-backlog-growing.ts"
import { clusterMailboxRejections } from "../../alerts/cluster-mailbox-rejections.ts"
import { clusterMessageLatencyHigh } from "../../alerts/cluster-message-latency-high.ts"
import { clusterRedeliveriesHigh } from "../../alerts/cluster-redeliveries-high.ts"
import { counter, gauge } from "../../promql/select.ts"
import { redelivery } from "../../promql/values.ts"
import { entityType, percentile, percentiles, process } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

const of = { ...process, ...entityType }

export const messagePanels = [
  {
    title: "Messages sent and received",
    kind: "lines",
    unit: "suffix: messages/s",
    description: "Received far below sent: messages pile up. Received above sent: redeliveries, or broadcasts.",
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
      "MailboxFull: refused, and lost unless sent again. PersistenceError: the storage. Others come from the " +
      "handlers.",
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
    title: "Operation latency",
    kind: "lines",
    unit: "s",
    description:
      "A send as its caller sees it, a receive from arrival to the end of the handler. Compare with wait, handler " +
      "and delivery time to see where it goes.",
    alert: clusterMessageLatencyHigh,
    queries: percentiles(cluster.messageLatency, of, "entity_type", "operation")
  },
  {
    title: "Wait for the handler",
    kind: "lines",
    unit: "s",
    description: "From arrival to the start of the handler. Long: entities are busy, and mailboxes fill up.",
    alert: clusterMailboxRejections,
    queries: percentiles(cluster.messageWait, of, "entity_type")
  },
  {
    title: "Handler time",
    kind: "lines",
    unit: "s",
    description: "From start to end of the handler, by message. Long: what the handler calls is slow.",
    alert: clusterMessageLatencyHigh,
    queries: [percentile(cluster.messageProcessing, of, "entity_type", "message", "outcome")]
  },
  {
    title: "Delivery time",
    kind: "lines",
    unit: "s",
    description:
      "From sending to arrival, first deliveries only, by the sender's clock. Long: polling, the storage, or clocks " +
      "that differ.",
    alert: clusterMessageLatencyHigh,
    queries: percentiles(cluster.messageDelay, of, "entity_type")
  },
  {
    title: "Messages waiting and in handlers",
    kind: "lines",
    unit: "suffix: messages",
    description: "Arrived but not started, and being handled. A mailbox that only grows will refuse messages.",
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
      `\`${redelivery.entity_restart}\`: defects. \`${redelivery.stream_resume}\`: moved shards. ` +
      `\`${redelivery.storage}\`: lost runs. What is not idempotent may have been done twice.`,
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
      "Requests that were already in the storage. Harmless; very many: a sender does not wait for its reply.",
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
