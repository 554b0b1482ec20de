/** An attempt has been running for longer than expected for its type. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expectedOfJobs } from "../expected.ts"
import { amounts, gauge, observations } from "../promql/select.ts"
import { jobOperation } from "../promql/values.ts"
import { alert, duration } from "./alert.ts"

const { jobs } = catalogue

export const jobRunningTooLong = alert({
  name: "JobRunningTooLong",
  severity: "warning",
  for: "10m",
  keepFiringFor: "5m",
  thresholds: {},
  threshold: "One attempt that runs longer than expected for its type: it holds a slot and may hang for ever.",
  expression: (_, settings) =>
    expectedOfJobs(settings, (job_type, { longestRun }) =>
      gauge(jobs.inFlightOldestAge, { operation: jobOperation.process, job_type })
        .maxBy("job", "instance", "job_type")
        .above(longestRun)
    ),
  summary: (label) => `A ${label("job_type")} job of ${label("job")} runs for too long on ${label("instance")}.`,
  description: (label) =>
    `An attempt at a ${label("job_type")} job has been running for ${duration} on ${label("instance")}, longer ` +
    "than expected for its type. Find out in the log of the runner which job it is and what it waits for.",
  runbook: (_, { source }) => ({
    meaning:
      "An attempt has been running for longer than `longestRun` of its type in " +
      `\`${source}\`, and holds a slot. Durations don't show it, because they are recorded ` +
      "at the end; this number is read while the job runs.",
    firstLook: [
      {
        question: "Which runner and type, and for how long?",
        query: gauge(jobs.inFlightOldestAge, { operation: jobOperation.process }).maxBy("job", "instance", "job_type")
      },
      {
        question: "How many run there now?",
        query: gauge(jobs.inFlight, { operation: jobOperation.process }).sumBy("job", "instance", "job_type")
      },
      {
        question: "How long does an attempt usually take, on average?",
        query: amounts(jobs.processingSeconds, { operation: jobOperation.process })
          .increase("6h")
          .sumBy("job", "job_type")
          .dividedBy(
            observations(jobs.processingSeconds, { operation: jobOperation.process })
              .increase("6h")
              .sumBy("job", "job_type")
          )
      }
    ],
    causes: [
      "It waits for a dependency without a timeout: attempts on other runners hang too.",
      "It is a larger piece of work than usual: its log shows progress.",
      "It waits for a lock that another attempt holds.",
      "The event loop of the runner is blocked: its other metrics don't move either."
    ],
    fix: [
      "Find the job in the log of the runner. If it makes progress, let it run; raise `longestRun` if such jobs " +
        "are normal.",
      "If it hangs, cancel it. If it ignores the cancellation, restart the runner; the job is then taken up again " +
        "and counted as redelivered.",
      "Give each attempt of the type a timeout, and the call that hung as well."
    ],
    silence: "Silence by `instance` and `job_type` for the expected duration of the large piece of work, and no longer."
  })
})
