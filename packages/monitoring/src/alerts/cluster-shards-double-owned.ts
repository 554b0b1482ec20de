/** Runners hold more shards together than there are: two of them believe that they own one. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge, observations } from "../promql/select.ts"
import { failedOrDied, shardMove } from "../promql/values.ts"
import { shards, shardsConfigured } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const clusterShardsDoubleOwned = alert({
  name: "ClusterShardsDoubleOwned",
  severity: "critical",
  for: "6m",
  keepFiringFor: "5m",
  gate: "A single shard for six minutes: longer than the last numbers of a runner that is gone are still seen.",
  expression: recorded(shards).minus(recorded(shardsConfigured)).above(0),
  summary: (label) => `Shards of ${label("job")} have two owners.`,
  description: (label) =>
    `The runners of ${label("job")} hold ${number} shards more than there are. Entities may run twice. ` +
    "See which runners hold more than their part, and stop the one whose locks are not in the storage.",
  runbook: {
    meaning:
      "The sum of the shards that runners hold is greater than the number of shards. At least one shard is held by two " +
      "runners that both run its entities: what an entity guards (an order of work, a single writer) is not guarded.",
    confirm: [
      { say: "How many are held, all together?", query: recorded(shards) },
      {
        say: "How many are there? All runners must say the same.",
        query: gauge(cluster.shardsConfigured).maxBy("job", "instance")
      },
      { say: "How many by each runner?", query: gauge(cluster.shardsHeld) },
      {
        say: "Did a runner lose locks and go on?",
        query: grown(counter(cluster.shardMoves, { direction: shardMove.lost }), "1h").sumBy("job", "instance")
      },
      {
        say: "Which runner can't reach the storage?",
        query: grown(observations(cluster.storageDuration, { outcome: failedOrDied }), "15m").sumBy("job", "instance")
      }
    ],
    causes: [
      "A runner was cut off from the lock storage (network, a long pause) and its locks went to another.",
      "Two clusters use one service name, or two lock storages: a second environment with the same configuration.",
      "Runners with different numbers of shards or shard groups, in the middle of a change of configuration."
    ],
    fix: [
      "Compare the runners with the locks in the storage; the runner that believes in locks which it does not have is wrong.",
      "Stop that runner at once: it does harm while it runs.",
      "Check what its entities wrote since it lost its locks.",
      "If two environments share a name, give each its own.",
      "If runners are configured differently, give all the same number of shards and the same available shard groups."
    ],
    silence: "Do not silence it, except by `job` while the number of shards is being changed."
  }
})
