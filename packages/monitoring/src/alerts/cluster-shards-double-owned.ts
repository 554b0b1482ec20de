/** Runners hold more shards than there are: two of them hold the same one. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge, observations } from "../promql/select.ts"
import { failedOrDied, shardMove } from "../promql/values.ts"
import { shards, shardsConfigured } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { inWords } from "./text.ts"

const { cluster } = catalogue

export const clusterShardsDoubleOwned = alert({
  name: "ClusterShardsDoubleOwned",
  severity: "critical",
  for: "6m",
  keepFiringFor: "5m",
  thresholds: {},
  threshold: (_, made) =>
    `One shard for ${inWords(made.for)}: the last numbers of a stopped runner stay visible for up to 5 minutes.`,
  expression: recorded(shards).minus(recorded(shardsConfigured)).above(0),
  summary: (label) => `Shards of ${label("job")} have two owners.`,
  description: (label) =>
    `The runners of ${label("job")} hold ${number} more shards than there are, so entities may run twice. Check ` +
    "which runners hold more than their part, and stop the one whose locks are not in the storage.",
  runbook: {
    meaning:
      "The runners together hold more shards than the cluster has. At least one shard is held by two runners, and " +
      "both run its entities: what an entity guarantees (the order of work, a single writer) no longer holds.",
    firstLook: [
      { question: "How many shards are held in total?", query: recorded(shards) },
      {
        question: "How many are there? All runners must report the same number.",
        query: gauge(cluster.shardsConfigured).maxBy("job", "instance")
      },
      { question: "How many does each runner hold?", query: gauge(cluster.shardsHeld) },
      {
        question: "Did a runner lose locks and continue?",
        query: grown(counter(cluster.shardMoves, { direction: shardMove.lost }), "1h").sumBy("job", "instance")
      },
      {
        question: "Which runner can't reach the storage?",
        query: grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "15m").sumBy("job", "instance")
      }
    ],
    causes: [
      "A runner was cut off from the lock storage (network, a long pause), and another took its locks.",
      "Two clusters share a service name, or use separate lock storages: a second environment with the same " +
        "configuration.",
      "Runners have different numbers of shards or shard groups, during a configuration change."
    ],
    fix: [
      "Compare the runners with the locks in the storage: the wrong runner holds shards without locks.",
      "Stop that runner at once: it does damage while it runs.",
      "Check what its entities wrote since it lost its locks.",
      "If two environments share a name, give each its own.",
      "If runners are configured differently, give all the same number of shards and the same available shard groups."
    ],
    silence: "Do not silence it, except by `job` while the number of shards is being changed."
  }
})
