/** For half an hour more jobs of a type came than went, and the oldest waits ever longer. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { amounts, counter, observations } from "../promql/select.ts"
import { jobOperation } from "../promql/values.ts"
import { enqueued, leftOver, oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { jobs } = catalogue

export const jobQueueFallingBehind = alert({
  name: "JobQueueFallingBehind",
  severity: "warning",
  for: "15m",
  keepFiringFor: "15m",
  gate: "At least 30 jobs and a tenth of the arrivals are left over from 30 minutes, and the oldest waits over a minute.",
  expression: recorded(leftOver)
    .above(30)
    .and(recorded(leftOver).above(recorded(enqueued).times(0.1)))
    .and(recorded(oldestAge).above(60))
    .and(recorded(oldestAge).above(recorded(oldestAge).offset("15m"))),
  summary: (label) => `More ${label("job_type")} jobs of ${label("job")} arrive than are done.`,
  description: (label) =>
    `${number} ${label("job_type")} jobs more came than went in the last 30 minutes, and the oldest waits longer than 15 ` +
    "minutes ago. Compare the arrivals with what the slots can do, and add runners before the wait is felt.",
  runbook: {
    meaning:
      "Arrivals and replays exceed completions, cancellations and dead letters, and the oldest runnable job gets older. " +
      "The queue still works, but at this rate never catches up. Jobs scheduled for later arrive, too, but don't make " +
      "the oldest runnable job older, so they alone do not fire this.",
    confirm: [
      { say: "How many more came than went?", query: recorded(leftOver) },
      { say: "Did the arrivals rise?", query: counter(jobs.enqueued).rate("30m").sumBy("job", "job_type") },
      { say: "Or did the completions fall?", query: counter(jobs.completions).rate("30m").sumBy("job", "job_type") },
      {
        say: "How long does an attempt take, on average? If it rose, the work became slower.",
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
      "Each job takes longer, as a dependency is slow: arrivals are as usual, completions fell, all slots are used.",
      "Runners are missing since a rollout or a loss: fewer slots than before.",
      "Many attempts fail and are retried: the slots are busy with retries. See JobErrorRateHigh."
    ],
    fix: [
      "Divide what waits by the difference of the rates: that is how long it takes to catch up, or that it never will.",
      "Add runners, or raise the concurrency of the type if what it calls bears it.",
      "If one producer is the cause, slow it down or give its jobs a lower priority.",
      "If attempts fail, fix that first: each retry takes a slot from new work."
    ],
    silence:
      "Silence by `job_type` for the time that a known bulk load takes to be worked off. Keep JobQueueOldestAgeHigh on, " +
      "with the limit that your users bear."
  }
})
