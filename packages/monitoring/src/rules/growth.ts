/** Recorded growth of what alerts count: over all runners, first events included. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { absent, buckets, counter, observations, oneOf, quantile } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"
import { budget } from "./budget.ts"
import { record, recorded, type Recording } from "./recording.ts"

const { cluster, jobs, telemetry } = catalogue

export const begun = record(
  "job_type:jobs_attempts_begun:increase10m",
  "Attempts at jobs that began in 10 minutes.",
  grown(observations(jobs.waitDuration, { operation: "process" }), "10m").sumBy("job", "job_type")
)

export const ended = record(
  "job_type:jobs_attempts:increase15m",
  "Attempts at jobs that ended in 15 minutes, whatever their outcome.",
  grown(observations(jobs.processingSeconds, { operation: "process" }), "15m").sumBy("job", "job_type")
)

export const redelivered = record(
  "job_type:jobs_redelivered:increase15m",
  "Attempts at jobs that a lost run had held, begun in 15 minutes.",
  grown(counter(jobs.redelivered), "15m").sumBy("job", "job_type")
)

export const enqueued = record(
  "job_type:jobs_enqueued:increase30m",
  "Jobs accepted in 30 minutes.",
  grown(counter(jobs.enqueued), "30m").sumBy("job", "job_type")
)

const replayed = record(
  "job_type:jobs_replayed:increase30m",
  "Dead letters put back to work in 30 minutes.",
  grown(counter(jobs.replays), "30m").sumBy("job", "job_type")
)

const cancelled = record(
  "job_type:jobs_cancelled:increase30m",
  "Jobs cancelled in 30 minutes.",
  grown(counter(jobs.cancellations), "30m").sumBy("job", "job_type")
)

const orNone = (recording: Recording<"job" | "job_type">): Vector<"job" | "job_type"> =>
  recorded(recording).orZeroOf(recorded(enqueued))

export const leftOver = record(
  "job_type:jobs_left_over:increase30m",
  "Jobs that came in 30 minutes, less those that went.",
  recorded(enqueued)
    .plus(orNone(replayed))
    .minus(orNone(budget["30m"].good))
    .minus(orNone(budget["30m"].bad))
    .minus(orNone(cancelled))
)

export const rejected = record(
  "entity_type:cluster_mailbox_rejections:increase10m",
  "Messages refused in 10 minutes, as a mailbox was full.",
  grown(counter(cluster.errors, { type: "MailboxFull" }), "10m").sumBy("job", "entity_type")
)

export const operations = record(
  "entity_type:cluster_operations:increase10m",
  "Cluster operations that ended in 10 minutes, whatever their outcome.",
  grown(observations(cluster.messageLatency), "10m").sumBy("job", "entity_type", "operation")
)

export const latency = record(
  "entity_type:cluster_message_latency_seconds:p95_10m",
  "The time below which 95 of 100 operations stay, of those that ended in 10 minutes.",
  quantile(0.95, buckets(cluster.messageLatency).rate("10m").sumBy("job", "entity_type", "operation", "le"))
)

export const redeliveredMessages = record(
  "entity_type:cluster_redeliveries:increase15m",
  "Messages that reached a handler again in 15 minutes.",
  grown(counter(cluster.redeliveries), "15m").sumBy("job", "entity_type")
)

export const receivedMessages = record(
  "entity_type:cluster_messages_received:increase15m",
  "Messages received in 15 minutes.",
  grown(counter(cluster.messagesReceived), "15m").sumBy("job", "entity_type")
)

export const restarts = record(
  "entity_type:cluster_entity_restarts:increase15m",
  "Entities rebuilt after a defect in 15 minutes.",
  grown(counter(cluster.entityRestarts), "15m").sumBy("job", "entity_type")
)

export const storageErrors = record(
  "storage_operation:cluster_storage_errors:increase10m",
  "Storage operations that failed or died in 10 minutes.",
  grown(observations(cluster.storageDuration, { outcome: oneOf("failure", "defect") }), "10m").sumBy(
    "job",
    "storage_operation"
  )
)

export const storageOperations = record(
  "storage_operation:cluster_storage_operations:increase10m",
  "Storage operations that ended in 10 minutes, whatever their outcome.",
  grown(observations(cluster.storageDuration), "10m").sumBy("job", "storage_operation")
)

export const foundDead = record(
  "service:cluster_runners_found_dead:increase1h",
  "Health checks that found a runner dead in an hour.",
  grown(counter(cluster.runnerHealthChecks, { result: "dead" }), "1h").sumBy("job")
)

export const singletonSuccesses = record(
  "singleton:cluster_singleton_successes:increase1d",
  "Runs of a singleton that ended with success in a day.",
  grown(counter(cluster.singletonRuns, { outcome: absent }), "1d").sumBy("job", "singleton")
)

export const failedExports = record(
  "instance:telemetry_exports_failed:increase15m",
  "Exports of a process that failed in 15 minutes.",
  grown(counter(telemetry.exports, { outcome: oneOf("failure", "defect", "interrupted") }), "15m").sumBy(
    "job",
    "instance"
  )
)

export const succeededExports = record(
  "instance:telemetry_exports_succeeded:increase15m",
  "Exports of a process that were acknowledged in 15 minutes.",
  grown(counter(telemetry.exports, { outcome: absent }), "15m").sumBy("job", "instance")
)

export const folded = record(
  "metric:telemetry_series_overflow:increase15m",
  "Recordings folded into the overflow series of a metric in 15 minutes.",
  grown(counter(telemetry.overflow), "15m").sumBy("job", "metric")
)

export const watchErrors = record(
  "site:telemetry_watch_errors:increase15m",
  "Errors while a site was measured, in 15 minutes.",
  grown(counter(telemetry.watchErrors), "15m").sumBy("job", "site")
)

export const growthRecordings: ReadonlyArray<Recording> = [
  begun,
  ended,
  redelivered,
  enqueued,
  replayed,
  cancelled,
  leftOver,
  rejected,
  operations,
  latency,
  redeliveredMessages,
  receivedMessages,
  restarts,
  storageErrors,
  storageOperations,
  foundDead,
  singletonSuccesses,
  failedExports,
  succeededExports,
  folded,
  watchErrors
]
