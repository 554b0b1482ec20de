/** Recording rules for the cluster: for the service, its entity types and its storage. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, buckets, counter, gauge, observations, oneOf, quantile } from "../promql/select.ts"
import { backlogState, failedOrDied, healthCheck, succeeded } from "../promql/values.ts"
import { record, type Recording } from "./recording.ts"

const { cluster } = catalogue

export const runners = record(
  "service:cluster_runners:count",
  "Runners that report.",
  gauge(cluster.shardsHeld).countBy("job")
)

export const shards = record(
  "service:cluster_shards_held:sum",
  "Shards that all runners hold; above `service:cluster_shards_configured:max`, some are held twice.",
  across(cluster.shardsHeld, ["job"])
)

export const shardsConfigured = record(
  "service:cluster_shards_configured:max",
  "Shards in the cluster, by its configuration.",
  across(cluster.shardsConfigured, ["job"])
)

export const backlog = record(
  "service:cluster_message_backlog:due",
  "Stored messages that are due and not done.",
  across(cluster.backlog, ["job", "state"], { state: oneOf(backlogState.pending, backlogState.delivered) }).sumBy("job")
)

export const backlogAge = record(
  "service:cluster_message_backlog_oldest_age_seconds:max",
  "Age of the oldest stored message that is due and not done.",
  across(cluster.backlogOldestAge, ["job"])
)

export const rejected = record(
  "entity_type:cluster_mailbox_rejections:increase10m",
  "Messages refused in 10 minutes because a mailbox was full.",
  grown(counter(cluster.errors, { type: "MailboxFull" }), "10m").sumBy("job", "entity_type")
)

export const operations = record(
  "entity_type:cluster_operations:increase10m",
  "Cluster operations that ended in 10 minutes, whatever their outcome.",
  grown(observations(cluster.messageLatency), "10m").sumBy("job", "entity_type", "operation")
)

export const latency = record(
  "entity_type:cluster_message_latency_seconds:p95_10m",
  "95th percentile of the duration of cluster operations that ended in 10 minutes.",
  quantile(0.95, buckets(cluster.messageLatency).rate("10m").sumBy("job", "entity_type", "operation", "le"))
)

export const redeliveredMessages = record(
  "entity_type:cluster_redeliveries:increase15m",
  "Messages that reached a handler again in 15 minutes.",
  grown(counter(cluster.redeliveries), "15m").sumBy("job", "entity_type")
)

export const receivedMessages = record(
  "entity_type:cluster_messages_received:increase15m",
  "Messages that reached a handler in 15 minutes.",
  grown(counter(cluster.messagesReceived), "15m").sumBy("job", "entity_type")
)

export const restarts = record(
  "entity_type:cluster_entity_restarts:increase15m",
  "Entities rebuilt after a defect in 15 minutes.",
  grown(counter(cluster.entityRestarts), "15m").sumBy("job", "entity_type")
)

export const storageErrors = record(
  "storage_operation:cluster_storage_errors:increase10m",
  "Storage operations that ended in a failure or a defect in 10 minutes.",
  grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "10m").sumBy("job", "storage_operation")
)

export const storageOperations = record(
  "storage_operation:cluster_storage_operations:increase10m",
  "Storage operations that ended in 10 minutes, whatever their outcome.",
  grown(observations(cluster.storageDuration), "10m").sumBy("job", "storage_operation")
)

export const foundDead = record(
  "service:cluster_runners_found_dead:increase1h",
  "Health checks in an hour that found a runner dead.",
  grown(counter(cluster.runnerHealthChecks, { result: healthCheck.dead }), "1h").sumBy("job")
)

export const singletonSuccesses = record(
  "singleton:cluster_singleton_successes:increase1d",
  "Runs of a singleton that succeeded in a day.",
  grown(counter(cluster.singletonRuns, { outcome: succeeded }), "1d").sumBy("job", "singleton")
)

export const clusterRecordings: ReadonlyArray<Recording> = [
  runners,
  shards,
  shardsConfigured,
  backlog,
  backlogAge,
  rejected,
  operations,
  latency,
  redeliveredMessages,
  receivedMessages,
  restarts,
  storageErrors,
  storageOperations,
  foundDead,
  singletonSuccesses
]
