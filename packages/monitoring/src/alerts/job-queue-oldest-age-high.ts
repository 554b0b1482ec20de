/** A runnable job has waited longer than expected for its type. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expectedOfJobs } from "../expected.ts"
import { across, counter, observations } from "../promql/select.ts"
import { oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { inWords } from "./text.ts"

const { jobs } = catalogue

export const jobQueueOldestAgeHigh = alert({
  name: "JobQueueOldestAgeHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "5m",
  thresholds: {},
  threshold: (_, made) =>
    `One job that waits longer than expected for its type. A burst that is worked off within ${inWords(made.for)} does not ` +
    "fire.",
  expression: (_, settings) =>
    expectedOfJobs(settings, (job_type, { oldestAge: limit }) => recorded(oldestAge, { job_type }).above(limit)),
  summary: (label) => `${label("job_type")} jobs of ${label("job")} wait too long.`,
  description: (label) =>
    `The oldest runnable ${label("job_type")} job has waited ${duration}, longer than expected for its type. ` +
    "Check whether jobs are taken at all (JobQueueStalled), whether all slots are used, and whether more jobs " +
    "arrive than finish.",
  runbook: (_, { source }) => ({
    meaning:
      `A runnable job has waited longer than \`oldestAge\` of its type in \`${source}\`. Jobs ` +
      "scheduled for later do not count. This is the most reliable sign of a queue in trouble: it rises even when " +
      "no job is taken and nothing else is measured.",
    firstLook: [
      { question: "How long has the oldest job waited?", query: recorded(oldestAge) },
      {
        question: "How many jobs are ready, running, or waiting for a retry?",
        query: across(jobs.queueDepth, ["job", "job_type", "state"])
      },
      {
        question: "Are all slots used? Then see JobSlotsExhausted.",
        query: across(jobs.slots, ["job", "job_type", "state"])
      },
      {
        question: "Are jobs taken? If there is nothing here, the queue has stopped: see JobQueueStalled.",
        query: observations(jobs.waitDuration).rate("5m").sumBy("job", "job_type")
      },
      {
        question: "Did more jobs arrive than usual?",
        query: counter(jobs.enqueued).rate("5m").sumBy("job", "job_type")
      }
    ],
    causes: [
      "More jobs arrive than the slots can handle: depth and age rise together, and completions continue.",
      "No job is taken: completions are 0. See JobQueueStalled.",
      "Jobs got slower because a dependency is slow: the processing time rose before the age did.",
      "A low-priority job waits behind many of higher priority: the age is high, the depth is small.",
      "Runners are missing: see ClusterRunnerLost and ClusterShardsUnowned. Jobs of an unowned shard wait for an " +
        "owner."
    ],
    fix: [
      "If the queue has stopped, go to JobQueueStalled at once.",
      "If all slots are used, add runners, or raise the concurrency of the type if its dependency can take it.",
      "If arrivals are the cause, slow the producer down, or give the bulk its own job type or a lower priority.",
      `If the limit is wrong for the type, declare the type in \`${source}\` and generate the rules again.`
    ],
    silence:
      "Silence by `job` and `job_type` for the duration of a known bulk load. Keep JobQueueStalled on: it tells a " +
      "stopped queue from a slow one."
  })
})
