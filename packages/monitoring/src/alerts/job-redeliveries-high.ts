/** Jobs of a type are often taken up again after their run was lost. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter } from "../promql/select.ts"
import { runners } from "../rules/cluster.ts"
import { ended, redelivered } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

export const jobRedeliveriesHigh = alert({
  name: "JobRedeliveriesHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least five redeliveries in 15 minutes, and more than a twentieth of the attempts that ended.",
  expression: recorded(redelivered)
    .atLeast(5)
    .unless(recorded(redelivered).dividedBy(recorded(ended)).atMost(0.05)),
  summary: (label) => `${label("job_type")} jobs of ${label("job")} are often taken up again.`,
  description: (label) =>
    `${number} attempts at ${label("job_type")} jobs began in the last 15 minutes on jobs that a lost run had held. ` +
    "See whether runners restart, and whether one job takes its runner down each time.",
  runbook: {
    meaning:
      "Runs of this type are lost: the runner went, restarted, or lost the shard before the run ended, and another took " +
      "the job up again. Work is done twice or never ends. A handler that is not idempotent has done something twice.",
    confirm: [
      { say: "How many redeliveries, by type?", query: recorded(redelivered) },
      {
        say: "How many attempts ended at all? None, while redeliveries rise, is a job that kills its runner.",
        query: recorded(ended)
      },
      { say: "Does the number of runners go up and down?", query: recorded(runners) },
      {
        say: "Do shards move or get lost?",
        query: grown(counter(cluster.shardMoves), "15m").sumBy("job", "instance", "direction")
      }
    ],
    causes: [
      "A poison job takes its runner down (memory, a native crash): runners restart one after the other, same type each time.",
      "Runners are killed before they hand over: the time for stopping is shorter than the jobs need.",
      "Locks are lost as the storage is slow or the event loop is blocked: shards are `lost`, and no runner restarts.",
      "A rollout that goes round and round: each new runner fails its checks."
    ],
    fix: [
      "If a job kills runners, find it: it is the one that each of them began last. Cancel it, then read its input.",
      "If runners are killed while they stop, give them longer than the longest run, or let jobs be interrupted earlier.",
      "If locks are lost, follow [ClusterStorageErrors](ClusterStorageErrors.md).",
      "Check what the type does outside: whatever is not idempotent has been done more than once."
    ],
    silence: "Silence by `job_type` for a planned exchange of machines only. Never during an unexplained restart."
  }
})
