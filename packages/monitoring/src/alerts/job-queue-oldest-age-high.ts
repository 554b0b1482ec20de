/** A runnable job of a type has waited longer than is expected of the type. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expected } from "../expected.ts"
import { across, counter, observations } from "../promql/select.ts"
import { oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"

const { jobs } = catalogue

export const jobQueueOldestAgeHigh = alert({
  name: "JobQueueOldestAgeHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "5m",
  gate:
    "None by number: one job that waits beyond what is expected of its type is the symptom. A burst that is worked off " +
    "within 10 minutes does not fire.",
  expression: expected((job_type, { oldestAge: limit }) => recorded(oldestAge, { job_type }).above(limit)),
  summary: (label) => `${label("job_type")} jobs of ${label("job")} wait too long.`,
  description: (label) =>
    `The oldest runnable ${label("job_type")} job has waited ${duration}, longer than is expected of its type. ` +
    "See whether anything is taken at all (JobQueueStalled), whether all slots are used, or whether more arrives than is done.",
  runbook: {
    meaning:
      "A job could run and has not been taken up for longer than `oldestAge` of its type in " +
      "`packages/monitoring/src/settings.ts`. Jobs that are scheduled for later do not count. It is the truest sign of " +
      "a queue in trouble, as it rises even when nothing is taken and so nothing is measured.",
    confirm: [
      { say: "How long has the oldest waited?", query: recorded(oldestAge) },
      {
        say: "How many wait, run, or wait for a retry?",
        query: across(jobs.queueDepth, ["job", "job_type", "state"])
      },
      {
        say: "Are all slots used? Then see JobSlotsExhausted.",
        query: across(jobs.slots, ["job", "job_type", "state"])
      },
      {
        say: "Is anything taken? Nothing here means that the queue stands still: see JobQueueStalled.",
        query: observations(jobs.waitDuration).rate("5m").sumBy("job", "job_type")
      },
      { say: "Did more arrive than usual?", query: counter(jobs.enqueued).rate("5m").sumBy("job", "job_type") }
    ],
    causes: [
      "More arrives than the slots can do: depth and age rise together while completions go on.",
      "Nothing is taken: completions are at zero. See JobQueueStalled.",
      "Jobs became slower, for a dependency is slow: the processing time rose before the age did.",
      "A job of low priority waits behind many of a higher one: the age is high while the depth is small.",
      "Runners are missing: see ClusterRunnerLost and ClusterShardsUnowned, as jobs of an unowned shard wait for its owner."
    ],
    fix: [
      "If the queue stands still, go to [JobQueueStalled](JobQueueStalled.md) at once.",
      "If all slots are used, add runners, or raise the concurrency of the type if its dependency bears it.",
      "If arrivals are the cause, ask the producer to slow down, or move the bulk to a job type or a priority of its own.",
      "If the limit is simply wrong for the type, declare the type in `settings.ts` and generate again."
    ],
    silence:
      "Silence by `job` and `job_type` for as long as a known bulk load takes. JobQueueStalled must stay on: it tells a " +
      "slow queue from a dead one."
  }
})
