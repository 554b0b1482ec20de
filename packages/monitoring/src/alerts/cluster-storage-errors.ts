/** Operations on the message and runner storage fail. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { buckets, counter, observations, quantile } from "../promql/select.ts"
import { failedOrDied } from "../promql/values.ts"
import { storageErrors, storageOperations } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const clusterStorageErrors = alert({
  name: "ClusterStorageErrors",
  severity: "critical",
  for: "10m",
  keepFiringFor: "5m",
  gate: "At least five failures of one operation in 10 minutes, and more than a twentieth of all.",
  expression: recorded(storageErrors)
    .atLeast(5)
    .unless(recorded(storageErrors).dividedBy(recorded(storageOperations)).atMost(0.05)),
  summary: (label) => `The cluster storage of ${label("job")} fails.`,
  description: (label) =>
    `${number} operations ${label("storage_operation")} on the storage of ${label("job")} failed in the last 10 minutes. ` +
    "See whether the database answers, and whether its connections are used up.",
  runbook: {
    meaning:
      "Runners can't do an operation on the storage of messages, runners and locks. Persisted messages are not accepted or " +
      "not acknowledged, and when locks can't be refreshed, shards are lost.",
    confirm: [
      { say: "Which operations fail?", query: recorded(storageErrors) },
      {
        say: "On which runners? One is its network, all are the database.",
        query: grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "10m").sumBy("job", "instance")
      },
      {
        say: "How long do operations take? Slow before failing means load.",
        query: quantile(0.95, buckets(cluster.storageDuration).rate("10m").sumBy("job", "storage_operation", "le"))
      },
      {
        say: "Do senders notice?",
        query: grown(counter(cluster.errors, { type: "PersistenceError" }), "10m").sumBy("job", "entity_type")
      }
    ],
    causes: [
      "The database is down, restarting, or failing over: all operations on all runners fail at once.",
      "Its connections are used up: operations got slow, then failed; one connection is reserved for locks.",
      "The tables grew: operations that read unprocessed messages got slow over days.",
      "A migration changed the tables under a running cluster: one operation fails always.",
      "SQLite: another process holds the file, or the disk is full."
    ],
    fix: [
      "Check the database first: is it up, does it accept connections, is its disk full?",
      "If connections are used up, find who holds them; raise the pool only if the database bears it.",
      "If a table grew, remove processed messages that are old, and see that the partial index on unprocessed ones exists.",
      "When it is back, watch the shards: locks that were lost are taken again by themselves."
    ],
    silence: "Silence by `job` for an announced maintenance of the database, and expect ClusterShardsUnowned with it."
  }
})
