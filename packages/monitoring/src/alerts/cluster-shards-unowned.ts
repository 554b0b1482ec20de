/** Shards that no runner holds: their entities process nothing. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge } from "../promql/select.ts"
import { backlogAge, runners, shards, shardsConfigured } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, inWords } from "./text.ts"
import { allowed } from "./threshold.ts"

const { cluster } = catalogue

export const clusterShardsUnowned = alert({
  name: "ClusterShardsUnowned",
  severity: "critical",
  for: "10m",
  thresholds: { allowed: allowed(0, "shards that may have no owner") },
  threshold: (set, made) =>
    `${set.allowed === 0 ? "One shard" : `More than ${count(set.allowed, "shard")}`} for ${inWords(made.for)}: a rollout or ` +
    "the loss of a runner hands shards over faster.",
  expression: (set) => recorded(shardsConfigured).minus(recorded(shards)).above(set.allowed),
  summary: (label) => `Shards of ${label("job")} have no owner.`,
  description: (label) =>
    `No runner of ${label("job")} holds ${number} of its shards, and messages to their entities wait. Check ` +
    "whether all runners are up and healthy, and whether they can reach the lock storage.",
  runbook: {
    meaning:
      "The reporting runners hold fewer shards than the cluster has. Every entity belongs to a shard: entities of " +
      "an unowned shard get no messages, their jobs wait, and their singletons do not run. If one shard is unowned " +
      "while another is owned twice, the numbers cancel out and the alert stays silent.",
    firstLook: [
      { question: "How many shards are held in total?", query: recorded(shards) },
      {
        question: "How many are there? All runners must report the same number.",
        query: gauge(cluster.shardsConfigured).maxBy("job", "instance")
      },
      {
        question: "How many does each runner hold? One that holds none does not take part.",
        query: gauge(cluster.shardsHeld)
      },
      { question: "How many runners report?", query: recorded(runners) },
      {
        question: "Are shards moving? Acquired and lost in turns: runners fight over locks.",
        query: grown(counter(cluster.shardMoves), "15m").sumBy("job", "instance", "direction")
      },
      { question: "Do messages wait?", query: recorded(backlogAge) }
    ],
    causes: [
      "A runner was killed and its locks have not expired: this resolves itself when they do, after about half a " +
        "minute with the defaults.",
      "The lock storage can't be reached, so no runner can take a lock: ClusterStorageErrors fires too.",
      "A stopped runner still holds its database session, and with it its locks.",
      "A shard group has no runner: it was added to the configuration, and no runner serves it.",
      "Runners have different numbers of shards or shard groups: the largest number counts."
    ],
    fix: [
      "If a runner is missing, follow ClusterRunnerLost.",
      "If the storage fails, follow ClusterStorageErrors.",
      "Look in the storage for locks of stopped runners, and end their sessions.",
      "If one runner holds none while others hold many, restart it.",
      "If runners are configured differently, give all the same number of shards and the same available shard groups."
    ],
    silence: "Silence by `job`, with an end, only while the whole service is stopped on purpose."
  }
})
