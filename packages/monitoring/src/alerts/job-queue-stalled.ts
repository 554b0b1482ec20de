/** Jobs of a type wait, and no attempt at one has begun or ended. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expectedOfJobs } from "../expected.ts"
import { gauge } from "../promql/select.ts"
import { jobOperation } from "../promql/values.ts"
import { attempts, begun, oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { lasting } from "./text.ts"
import { seconds } from "./threshold.ts"

const { jobs } = catalogue

const longest = gauge(jobs.inFlightOldestAge, { operation: jobOperation.process }).maxBy("job", "job_type")

export const jobQueueStalled = alert({
  name: "JobQueueStalled",
  severity: "critical",
  for: "10m",
  thresholds: { seconds: seconds(120, "the oldest job may have waited") },
  threshold: (set) =>
    `A job has waited for ${lasting(set.seconds)}, and` +
    " no attempt of its type began or ended in 10 minutes. Also fires if no " +
    "attempt was ever counted; not while an attempt runs that is within the expected time of its type.",
  expression: (set, settings) =>
    expectedOfJobs(settings, (job_type, { longestRun }) =>
      recorded(oldestAge, { job_type })
        .above(set.seconds)
        .unless(recorded(attempts).above(0))
        .unless(recorded(begun).above(0))
        .unless(longest.above(0).and(longest.atMost(longestRun)))
    ),
  summary: (label) => `The queue of ${label("job_type")} jobs of ${label("job")} has stopped.`,
  description: (label) =>
    `A ${label("job_type")} job has waited ${duration}, and no attempt began or ended in the last 10 minutes. ` +
    "Check whether a runner takes this type, and whether it can reach the storage.",
  runbook: {
    meaning:
      "Jobs are waiting and none is processed. The queue is not slow but stopped: no attempt at a job of this type " +
      "began or ended in 10 minutes, and no attempt within its expected time is running. Everything submitted since " +
      "then is waiting.",
    firstLook: [
      { question: "How long has the oldest job waited?", query: recorded(oldestAge) },
      { question: "How many attempts began in the last 10 minutes? The alert says none.", query: recorded(begun) },
      { question: "Is an attempt running, and for how long? An attempt that hangs holds its slot.", query: longest },
      { question: "Which runners take the type, and with how many slots?", query: gauge(jobs.slots) }
    ],
    causes: [
      "No runner takes this type: no runner is there (no slots above), or a release removed the handler.",
      "Hanging attempts hold all slots: the longest one exceeds its expected time. See JobRunningTooLong.",
      "The storage can't be reached or is locked: ClusterStorageErrors fires too.",
      "The shards of these jobs have no owner: see ClusterShardsUnowned.",
      "The type is paused: `jobs.paused` names it.",
      "Limits of the type across the cluster hold it back: `limits` of `Job.make`."
    ],
    fix: [
      "If there is no runner, start one, and find out why the last one stopped.",
      "If attempts hang, restart their runners one by one: the jobs are taken up again and counted as " +
        "redelivered. Then give the type a timeout.",
      "If the storage is the cause, fix it first: nothing else helps.",
      "If the type is paused, find out why, and resume it.",
      "If the handler is missing, roll back the release that removed it, or cancel the jobs.",
      "Watch the oldest age: it falls in steps, as the oldest jobs are taken first."
    ],
    silence:
      "Only by `job_type`, and only if the type was stopped on purpose; cancel or process the waiting jobs before " +
      "the silence ends."
  }
})
