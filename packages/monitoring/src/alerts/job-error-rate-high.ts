/** Too many attempts at jobs of a type fail. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, observations } from "../promql/select.ts"
import { failedOrDied, jobOperation } from "../promql/values.ts"
import { attempts, failedAttempts } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, percentage } from "./alert.ts"
import { count, percent } from "./text.ts"
import { least, share } from "./threshold.ts"

const { jobs } = catalogue

export const jobErrorRateHigh = alert({
  name: "JobErrorRateHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    share: share(0.1, "attempts that fail"),
    least: least(5, "failed attempts in 10 minutes")
  },
  threshold: (set) => `At least ${count(set.least, "failed attempt")} of the type in 10 minutes.`,
  expression: (set) =>
    recorded(failedAttempts)
      .dividedBy(recorded(attempts))
      .above(set.share)
      .and(recorded(failedAttempts).atLeast(set.least)),
  summary: (label) => `Attempts at ${label("job_type")} jobs of ${label("job")} fail.`,
  description: (label) =>
    `${percentage} of the attempts at ${label("job_type")} jobs failed in the last 10 minutes. Find the leading ` +
    "reason in jobs_failed_total, and what changed when it began.",
  runbook: (set) => ({
    meaning:
      `More than ${percent(set.share)} of the attempts at jobs of one type ended in a failure or a defect. Retries hide this from the ` +
      "submitters for a while; then jobs end in the dead letters.",
    firstLook: [
      {
        question: "Which reason leads? A single reason is a single cause; many at once point to something they share.",
        query: grown(counter(jobs.failures), "10m").sumBy("job", "job_type", "reason")
      },
      {
        question: "Failures or defects? Failures are errors that the code expects, defects are bugs.",
        query: grown(
          observations(jobs.processingSeconds, { operation: jobOperation.process, outcome: failedOrDied }),
          "10m"
        ).sumBy("job", "job_type", "outcome")
      },
      {
        question: "One runner or all? One points to the machine or its version, all point to the work or a dependency.",
        query: grown(
          observations(jobs.processingSeconds, { operation: jobOperation.process, outcome: failedOrDied }),
          "10m"
        ).sumBy("job", "instance", "job_type")
      }
    ],
    causes: [
      "A dependency is down or slow: the reason names a timeout, a refused connection or a status code.",
      "A release changed the handler: failures began with the rollout, and only new runners fail.",
      "The input changed: a producer sends what the handler does not accept; the reason names parsing or validation.",
      "A limit is reached (disk, quota, connection pool): the reason began on all runners at once."
    ],
    fix: [
      "Take the leading reason and read the log lines of jobs that failed with it.",
      "If a release caused it, roll back: the previous version retries the failed jobs.",
      "If a dependency is down, wait: retries back off. Jobs that run out of attempts go to the dead letters and " +
        "can be replayed.",
      "If some inputs can never succeed, fail them with an error that is not retried, and stop the producer.",
      "When the rate is back to normal, replay the dead letters of the incident."
    ],
    silence:
      "Silence by `job` and `job_type`, never the whole alert, and no longer than the incident of the dependency. " +
      "Keep JobDeadLetterGrowing on."
  })
})
