/** Too many attempts at jobs of a type fail. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, observations } from "../promql/select.ts"
import { failedOrDied, jobOperation } from "../promql/values.ts"
import { attempts, failedAttempts } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, percentage } from "./alert.ts"

const { jobs } = catalogue

export const jobErrorRateHigh = alert({
  name: "JobErrorRateHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least five attempts of the type failed in 10 minutes.",
  expression: recorded(failedAttempts)
    .dividedBy(recorded(attempts))
    .above(0.1)
    .and(recorded(failedAttempts).atLeast(5)),
  summary: (label) => `Attempts at ${label("job_type")} jobs of ${label("job")} fail.`,
  description: (label) =>
    `${percentage} of the attempts at ${label("job_type")} jobs failed or died in the last 10 minutes. ` +
    "Find the reason that leads in jobs_failed_total, and what changed when it began.",
  runbook: {
    meaning:
      "More than a tenth of the attempts at jobs of one type ended in a failure or a defect. Retries hide it from those " +
      "who submitted the jobs for a while; then the dead letters grow.",
    confirm: [
      {
        say: "Which reason leads? One reason is one cause; many at once point at something they share.",
        query: grown(counter(jobs.failures), "10m").sumBy("job", "job_type", "reason")
      },
      {
        say: "Failures are expected and handled in code, defects are bugs. Which of the two is it?",
        query: grown(
          observations(jobs.processingSeconds, { operation: jobOperation.process, outcome: failedOrDied }),
          "10m"
        ).sumBy("job", "job_type", "outcome")
      },
      {
        say: "Is it one runner, or all of them? One runner is a machine or a version, all are the work or what it needs.",
        query: grown(
          observations(jobs.processingSeconds, { operation: jobOperation.process, outcome: failedOrDied }),
          "10m"
        ).sumBy("job", "instance", "job_type")
      }
    ],
    causes: [
      "Something that the jobs call is down or slow: the reason names a timeout, a refused connection or a status code.",
      "A release changed the handler: the first failures and the rollout have the same time, and only new runners fail.",
      "The input changed: a producer sends what the handler does not accept; the reason names parsing or validation.",
      "A limit was reached, of a disk, of a quota, of a pool of connections: the reason began at once on all runners."
    ],
    fix: [
      "Take the reason that leads and read the log lines of the jobs that failed with it.",
      "If a release began it, roll back: failed jobs are retried by the version before.",
      "If a dependency is down, there is nothing to do here but to wait: retries back off. If attempts run out before " +
        "it is back, the jobs go to the dead letters, from where they can be replayed.",
      "If some inputs can never succeed, let the handler fail with an error that is not retried, and stop the producer.",
      "When the rate is down, replay the dead letters that the incident left."
    ],
    silence:
      "Silence by `job` and `job_type`, never the whole alert, and no longer than the dependency's own incident. " +
      "Watch the dead letters meanwhile: JobDeadLetterGrowing must stay on."
  }
})
