/** Cluster operations take long. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { buckets, quantile } from "../promql/select.ts"
import { latency, operations } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { count, lasting } from "./text.ts"
import { least, seconds } from "./threshold.ts"

const { cluster } = catalogue

export const clusterMessageLatencyHigh = alert({
  name: "ClusterMessageLatencyHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    seconds: seconds(1, "95% of the operations may take, below the highest boundary of the histogram"),
    least: least(50, "operations in 10 minutes")
  },
  threshold: (set) => `At least ${count(set.least, "operation")} in 10 minutes: a percentile of fewer means little.`,
  expression: (set) => recorded(latency).above(set.seconds).and(recorded(operations).atLeast(set.least)),
  summary: (label) => `The operation ${label("operation")} on ${label("entity_type")} of ${label("job")} is slow.`,
  description: (label) =>
    `One in twenty ${label("operation")} operations on ${label("entity_type")} took longer than ${duration} in ` +
    "the last 10 minutes. Check whether the time goes into waiting for the handler or into the handler.",
  runbook: (set) => ({
    meaning:
      "The 95th percentile of the duration of one operation on one type of entity is above " +
      `${lasting(set.seconds)}. Failed and ` +
      "interrupted operations count. The highest boundary is five seconds: above it the alert shows five seconds, " +
      "whatever the real value.",
    firstLook: [
      { question: "How long do operations take?", query: recorded(latency) },
      {
        question: "How long do messages wait at the entity before their handler starts?",
        query: quantile(0.95, buckets(cluster.messageWait).rate("10m").sumBy("job", "entity_type", "le"))
      },
      {
        question: "How long do handlers take?",
        query: quantile(
          0.95,
          buckets(cluster.messageProcessing).rate("10m").sumBy("job", "entity_type", "message", "le")
        )
      },
      {
        question: "How long do messages take to arrive?",
        query: quantile(0.95, buckets(cluster.messageDelay).rate("10m").sumBy("job", "entity_type", "le"))
      },
      {
        question: "How long do storage operations take?",
        query: quantile(0.95, buckets(cluster.storageDuration).rate("10m").sumBy("job", "storage_operation", "le"))
      }
    ],
    causes: [
      "Handlers are slow: processing is long, and waiting follows.",
      "Entities are busy: waiting is long, processing is as usual. One entity is hot, or concurrency is too low.",
      "The storage is slow: its operations and the delivery of persisted messages take long for all types.",
      "The owner of the shard is unknown or gone, and sends are retried: see ClusterShardsUnowned.",
      "An event loop is blocked: everything on one runner is slow."
    ],
    fix: [
      "Find the longest part in the queries above: waiting, processing, delivery or storage. Fix that one.",
      "Processing: look at what the handler calls. Waiting: spread the work over more entities, or handle " +
        "messages concurrently.",
      "Storage: follow ClusterStorageErrors, which lists the usual causes.",
      "A single slow runner: take a profile, then restart it."
    ],
    silence:
      "Silence by `entity_type` and `operation` if an operation is slow by nature; better, run such work as a job."
  })
})
