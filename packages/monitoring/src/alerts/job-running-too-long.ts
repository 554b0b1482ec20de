/** An attempt has been running on a runner for longer than is expected of its type. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expected } from "../expected.ts"
import { amounts, gauge, observations } from "../promql/select.ts"
import { jobOperation } from "../promql/values.ts"
import { alert, duration } from "./alert.ts"

const { jobs } = catalogue

export const jobRunningTooLong = alert({
  name: "JobRunningTooLong",
  severity: "warning",
  for: "10m",
  keepFiringFor: "5m",
  gate: "None by number: one attempt that runs beyond what is expected of its type holds a slot and may hang for ever.",
  expression: expected((job_type, { longestRun }) =>
    gauge(jobs.inFlightOldestAge, { operation: jobOperation.process, job_type })
      .maxBy("job", "instance", "job_type")
      .above(longestRun)
  ),
  summary: (label) => `A ${label("job_type")} job of ${label("job")} runs for too long on ${label("instance")}.`,
  description: (label) =>
    `An attempt at a ${label("job_type")} job has been running for ${duration} on ${label("instance")}, longer than is ` +
    "expected of its type. See in the runner's log which one it is and what it waits for.",
  runbook: {
    meaning:
      "An attempt began and did not end within `longestRun` of its type in `packages/monitoring/src/settings.ts`. It holds " +
      "a slot. Durations don't show it, as they are recorded at the end: this number is read while the job runs.",
    confirm: [
      {
        say: "Which runner and type is it, and for how long?",
        query: gauge(jobs.inFlightOldestAge, { operation: jobOperation.process }).maxBy("job", "instance", "job_type")
      },
      {
        say: "How many run there now?",
        query: gauge(jobs.inFlight, { operation: jobOperation.process }).sumBy("job", "instance", "job_type")
      },
      {
        say: "How long does one usually take, on average?",
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
      "It waits for a dependency without a timeout: others of the type on other runners hang, too.",
      "It is a larger piece of work than usual: it goes on, and its log shows progress.",
      "It waits for a lock that another run holds.",
      "The runner's event loop is blocked: its other numbers stand still as well."
    ],
    fix: [
      "Find the job in the runner's log; if it makes progress, let it, and raise `longestRun` if such jobs are usual.",
      "If it hangs, cancel it. A job that does not answer to its cancellation needs a restart of its runner; it is then " +
        "taken up again and counted as redelivered.",
      "Give the type a timeout for each attempt, and the call that hung one as well."
    ],
    silence:
      "Silence by `instance` and `job_type` for the time that the known large piece of work takes, and no longer."
  }
})
