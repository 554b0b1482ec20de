/** Shards that no runner holds: their entities answer nobody. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge } from "../promql/select.ts"
import { backlogAge, runners, shards, shardsConfigured } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const clusterShardsUnowned = alert({
  name: "ClusterShardsUnowned",
  severity: "critical",
  for: "10m",
  gate: "A single shard for ten minutes: a rollout and the loss of a runner hand shards over in less.",
  expression: recorded(shardsConfigured).minus(recorded(shards)).above(0),
  summary: (label) => `Shards of ${label("job")} have no owner.`,
  description: (label) =>
    `${number} shards of ${label("job")} are held by no runner; messages to their entities wait. ` +
    "See whether all runners are there and healthy, and whether they can reach the lock storage.",
  runbook: {
    meaning:
      "The runners that report hold fewer shards than the cluster has. Every entity belongs to one shard: those of an " +
      "unowned shard get no message, jobs on them wait, and singletons of it do not run. Numbers alone can't tell a shard " +
      "that is unowned from one that is owned twice elsewhere at the same time: they would cancel out.",
    confirm: [
      { say: "How many are held, all together?", query: recorded(shards) },
      {
        say: "How many are there? All runners must say the same.",
        query: gauge(cluster.shardsConfigured).maxBy("job", "instance")
      },
      { say: "How many by each runner? One that holds none does not take part.", query: gauge(cluster.shardsHeld) },
      { say: "How many runners report?", query: recorded(runners) },
      {
        say: "Are they moving? Acquired and lost in turns is a fight for locks.",
        query: grown(counter(cluster.shardMoves), "15m").sumBy("job", "instance", "direction")
      },
      { say: "Do messages wait for it?", query: recorded(backlogAge) }
    ],
    causes: [
      "A runner was killed and its locks have not expired: it fixes itself within the expiry of the locks, about half a " +
        "minute with the defaults.",
      "The lock storage can't be reached: no runner can take a lock. ClusterStorageErrors fires, too.",
      "A runner that is gone still holds its database session, and so its locks.",
      "A shard group has no runner: a group was added to the configuration, and no runner serves it.",
      "Runners with different numbers of shards or shard groups: the largest number counts as the cluster's."
    ],
    fix: [
      "If a runner is missing, follow [ClusterRunnerLost](ClusterRunnerLost.md).",
      "If the storage fails, follow [ClusterStorageErrors](ClusterStorageErrors.md).",
      "Look in the storage for locks of runners that are gone; end their sessions.",
      "If a runner holds none while others hold many, restart it.",
      "If runners are configured differently, give all the same number of shards and the same available shard groups."
    ],
    silence:
      "Only while the whole service is stopped on purpose, by `job`, with an end. There is no harmless unowned shard."
  }
})
