/** Jobs of a type wait, and no attempt at any has begun or ended. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expected } from "../expected.ts"
import { gauge } from "../promql/select.ts"
import { jobOperation } from "../promql/values.ts"
import { attempts, begun, oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"

const { jobs } = catalogue

const longest = gauge(jobs.inFlightOldestAge, { operation: jobOperation.process }).maxBy("job", "job_type")

export const jobQueueStalled = alert({
  name: "JobQueueStalled",
  severity: "critical",
  for: "10m",
  gate:
    "A job has waited for two minutes, and in 10 minutes none began and none ended. It fires also where no attempt was " +
    "ever counted; not while an attempt is running that is younger than the longest run expected of its type.",
  expression: expected((job_type, { longestRun }) =>
    recorded(oldestAge, { job_type })
      .above(120)
      .unless(recorded(attempts).above(0))
      .unless(recorded(begun).above(0))
      .unless(longest.above(0).and(longest.atMost(longestRun)))
  ),
  summary: (label) => `The queue of ${label("job_type")} jobs of ${label("job")} stands still.`,
  description: (label) =>
    `A ${label("job_type")} job has waited ${duration}, and none began or ended in the last 10 minutes. ` +
    "See whether a runner is alive that takes this type, and whether it can reach the storage.",
  runbook: {
    meaning:
      "There is work, and nobody does any. This is not a slow queue: no attempt at a job of this type began or ended in " +
      "10 minutes, and none is running that is within its expected time. Everything submitted since waits.",
    confirm: [
      { say: "How long has the oldest waited?", query: recorded(oldestAge) },
      { say: "What began in the last 10 minutes? Nothing is what the alert says.", query: recorded(begun) },
      { say: "Is something running, for how long? A run that hangs holds its slot.", query: longest },
      { say: "Which runners are there, with how many slots for the type?", query: gauge(jobs.slots) }
    ],
    causes: [
      "No runner takes this type: none is there (no slots above), or a release dropped the handler of the type.",
      "All slots are held by runs that hang: the longest run is beyond its expected time. See JobRunningTooLong.",
      "The storage can't be reached or is locked: ClusterStorageErrors fires, too.",
      "Nobody owns the shards of these jobs: see ClusterShardsUnowned.",
      "The limit of the type is set to zero, on purpose or not."
    ],
    fix: [
      "If no runner is there, start one; read why the last one went.",
      "If runs hang, restart those runners one by one: their jobs are taken up again and counted as redelivered. Then " +
        "give the type a timeout, so that it can't happen again.",
      "If the storage is the cause, fix it first: nothing else helps.",
      "If the handler is missing, roll back the release that dropped it, or cancel the jobs that nobody will do.",
      "Watch the oldest age fall; it jumps down as the oldest jobs are taken first."
    ],
    silence:
      "Only by `job_type`, and only when the type was stopped on purpose; cancel or replay what waits before the silence " +
      "ends. A silence of the whole alert hides that nothing works."
  }
})
