/** Cluster operations take long, as their callers see it. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { buckets, quantile } from "../promql/select.ts"
import { latency, operations } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"

const { cluster } = catalogue

export const clusterMessageLatencyHigh = alert({
  name: "ClusterMessageLatencyHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least 50 operations in 10 minutes: the slowest of a few is no percentile.",
  expression: recorded(latency).above(1).and(recorded(operations).atLeast(50)),
  summary: (label) => `A ${label("operation")} to ${label("entity_type")} of ${label("job")} takes long.`,
  description: (label) =>
    `One in twenty ${label("operation")} operations on ${label("entity_type")} took longer than ${duration} in the last ` +
    "10 minutes. See whether the time goes into waiting for the handler or into the handler itself.",
  runbook: {
    meaning:
      "The 95th percentile of one operation with one type of entity, from its start to its end as the caller saw it, is " +
      "above a second. Failed and interrupted operations count. Above five seconds, the highest boundary, the number " +
      "shown is five seconds whatever the truth.",
    confirm: [
      { say: "How long do they take?", query: recorded(latency) },
      {
        say: "How long do messages wait at the entity, before their handler starts?",
        query: quantile(0.95, buckets(cluster.messageWait).rate("10m").sumBy("job", "entity_type", "le"))
      },
      {
        say: "How long do the handlers take?",
        query: quantile(
          0.95,
          buckets(cluster.messageProcessing).rate("10m").sumBy("job", "entity_type", "message", "le")
        )
      },
      {
        say: "How long are messages on their way?",
        query: quantile(0.95, buckets(cluster.messageDelay).rate("10m").sumBy("job", "entity_type", "le"))
      },
      {
        say: "How long does the storage take?",
        query: quantile(0.95, buckets(cluster.storageDuration).rate("10m").sumBy("job", "storage_operation", "le"))
      }
    ],
    causes: [
      "Handlers are slow: processing is long, waiting follows it.",
      "Entities are busy: waiting is long, processing is as usual; a hot entity, or too little concurrency.",
      "The storage is slow: its operations and the way of persisted messages are long, for all types.",
      "The owner of the shard is unknown or gone: sends are tried again and again; see ClusterShardsUnowned.",
      "An event loop is blocked: everything on one runner is slow."
    ],
    fix: [
      "Take the longest of waiting, processing, way and storage from the queries above and fix that one.",
      "Processing: read what the handler calls. Waiting: spread the work over more entities, or handle concurrently.",
      "Storage: follow [ClusterStorageErrors](ClusterStorageErrors.md), which has its usual causes.",
      "A single slow runner: take a profile, then restart it."
    ],
    silence:
      "Silence by `entity_type` and `operation` when an operation is slow by nature; better, time such work as a job."
  }
})
