/** Operations on the message and runner storage fail. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { buckets, counter, observations, quantile } from "../promql/select.ts"
import { failedOrDied } from "../promql/values.ts"
import { storageErrors, storageOperations } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, percent } from "./text.ts"
import { least, share } from "./threshold.ts"

const { cluster } = catalogue

export const clusterStorageErrors = alert({
  name: "ClusterStorageErrors",
  severity: "critical",
  for: "10m",
  keepFiringFor: "5m",
  thresholds: {
    least: least(5, "failures of one operation in 10 minutes"),
    share: share(0.05, "its calls that fail")
  },
  threshold: (set) =>
    `At least ${count(set.least, "failure")} of one operation in 10 minutes, and more than ${percent(set.share)} of its calls.`,
  expression: (set) =>
    recorded(storageErrors)
      .atLeast(set.least)
      .unless(recorded(storageErrors).dividedBy(recorded(storageOperations)).atMost(set.share)),
  summary: (label) => `The cluster storage of ${label("job")} fails.`,
  description: (label) =>
    `${number} ${label("storage_operation")} operations on the storage of ${label("job")} failed in the last 10 ` +
    "minutes. Check whether the database responds, and whether its connections are used up.",
  runbook: {
    meaning:
      "An operation on the storage of messages, runners and locks fails. Persisted messages are not accepted or not " +
      "acknowledged; if locks can't be refreshed, shards are lost.",
    firstLook: [
      { question: "Which operations fail?", query: recorded(storageErrors) },
      {
        question: "On which runners? One points to its network, all to the database.",
        query: grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "10m").sumBy("job", "instance")
      },
      {
        question: "How long do operations take? Slow before failing means load.",
        query: quantile(0.95, buckets(cluster.storageDuration).rate("10m").sumBy("job", "storage_operation", "le"))
      },
      {
        question: "Do senders get errors?",
        query: grown(counter(cluster.errors, { type: "PersistenceError" }), "10m").sumBy("job", "entity_type")
      }
    ],
    causes: [
      "The database is down, restarting or failing over: all operations on all runners fail at once.",
      "Its connections are used up: operations got slow, then failed. One connection is reserved for locks.",
      "The tables grew: reading unprocessed messages got slower over days.",
      "A migration changed the tables under a running cluster: one operation always fails.",
      "SQLite: another process locks the file, or the disk is full."
    ],
    fix: [
      "Check the database first: is it up, does it accept connections, is its disk full?",
      "If connections are used up, find out who holds them; enlarge the pool only if the database can take it.",
      "If a table grew, remove old processed messages, and check that the partial index on unprocessed messages " +
        "exists.",
      "When the database is back, watch the shards: runners take lost locks again by themselves."
    ],
    silence: "Silence by `job` for announced maintenance of the database, and expect ClusterShardsUnowned with it."
  }
})
