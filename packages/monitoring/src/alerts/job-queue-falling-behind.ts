/** For half an hour more jobs of a type arrived than finished, and the oldest waits ever longer. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { amounts, counter, observations } from "../promql/select.ts"
import { jobOperation } from "../promql/values.ts"
import { enqueued, leftOver, oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, lasting, percent } from "./text.ts"
import { allowed, seconds, share } from "./threshold.ts"

const { jobs } = catalogue

export const jobQueueFallingBehind = alert({
  name: "JobQueueFallingBehind",
  severity: "warning",
  for: "15m",
  keepFiringFor: "15m",
  thresholds: {
    allowed: allowed(30, "jobs that may be left over from 30 minutes"),
    share: share(0.1, "arrivals that are left over"),
    seconds: seconds(60, "the oldest job may have waited")
  },
  threshold: (set) =>
    `More than ${count(set.allowed, "job")}, and more than ${percent(set.share)} of the arrivals, left over from 30 ` +
    `minutes; the oldest has waited for over ${lasting(set.seconds)}.`,
  expression: (set) =>
    recorded(leftOver)
      .above(set.allowed)
      .and(recorded(leftOver).above(recorded(enqueued).times(set.share)))
      .and(recorded(oldestAge).above(set.seconds))
      .and(recorded(oldestAge).above(recorded(oldestAge).offset("15m"))),
  summary: (label) => `More ${label("job_type")} jobs of ${label("job")} arrive than finish.`,
  description: (label) =>
    `${number} more ${label("job_type")} jobs arrived than finished in the last 30 minutes, and the oldest has ` +
    "waited longer than the oldest did 15 minutes ago. Compare arrivals with the capacity of the slots, and add " +
    "runners before users notice.",
  runbook: {
    meaning:
      "Arrivals and replays exceed completions, cancellations and dead letters, and the oldest runnable job gets " +
      "older. The queue works, but will not catch up at this rate. Jobs scheduled for later count as arrivals, but " +
      "do not make the oldest runnable job older, so they alone do not fire this alert.",
    firstLook: [
      { question: "How many more jobs arrived than finished?", query: recorded(leftOver) },
      { question: "Did arrivals rise?", query: counter(jobs.enqueued).rate("30m").sumBy("job", "job_type") },
      { question: "Or did completions fall?", query: counter(jobs.completions).rate("30m").sumBy("job", "job_type") },
      {
        question: "How long does an attempt take on average? If this rose, the work got slower.",
        query: amounts(jobs.processingSeconds, { operation: jobOperation.process })
          .increase("30m")
          .sumBy("job", "job_type")
          .dividedBy(
            observations(jobs.processingSeconds, { operation: jobOperation.process })
              .increase("30m")
              .sumBy("job", "job_type")
          )
      }
    ],
    causes: [
      "A producer sends more than usual: arrivals rose, completions are at their usual rate or above.",
      "Each job takes longer because a dependency is slow: arrivals are as usual, completions fell, all slots are " +
        "used.",
      "Runners are missing since a rollout or a loss: fewer slots than before.",
      "Many attempts fail and are retried: retries hold the slots. See JobErrorRateHigh."
    ],
    fix: [
      "Divide the waiting jobs by the difference of the rates: that is how long catching up takes, if it is " +
        "possible at all.",
      "Add runners, or raise the concurrency of the type if its dependencies can take it.",
      "If one producer is the cause, slow it down or lower the priority of its jobs.",
      "If attempts fail, fix that first: each retry takes a slot from new work."
    ],
    silence: "Silence by `job_type` while a known bulk load is worked off. Keep JobQueueOldestAgeHigh on."
  }
})
