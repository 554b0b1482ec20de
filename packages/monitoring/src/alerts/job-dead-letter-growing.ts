/** The dead letters of a type grew within an hour. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, counter } from "../promql/select.ts"
import { deadLetters } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { jobs } = catalogue

export const jobDeadLetterGrowing = alert({
  name: "JobDeadLetterGrowing",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: { least: least(5, "dead letters more than at the lowest point of the last hour") },
  threshold: (set) => `At least ${count(set.least, "dead letter")} more than at the lowest point of the last hour.`,
  expression: (set) => recorded(deadLetters).minus(recorded(deadLetters).minOver("1h")).atLeast(set.least),
  summary: (label) => `Dead letters of ${label("job_type")} jobs of ${label("job")} grow.`,
  description: (label) =>
    `There are ${number} more dead letters of ${label("job_type")} jobs than at the lowest point of the last ` +
    "hour. Find the leading reason in jobs_dead_lettered_total and fix it, then replay them.",
  runbook: {
    meaning:
      "Jobs ran out of attempts, or failed in a way that is not retried. Each is accepted work that is not done, " +
      "and stays undone until it is replayed.",
    firstLook: [
      { question: "How many are there now?", query: recorded(deadLetters) },
      {
        question: "Why did they end there?",
        query: grown(counter(jobs.deadLettered), "1h").sumBy("job", "job_type", "reason")
      },
      { question: "How old is the oldest?", query: across(jobs.dlqOldestAge, ["job", "job_type"]) },
      {
        question: "Is somebody replaying already? Replayed jobs that fail again raise the number again.",
        query: grown(counter(jobs.replays), "1h").sumBy("job", "job_type")
      }
    ],
    causes: [
      "A dependency was down for longer than the retries last: one reason, a timeout or a refused connection.",
      "Input that can't succeed: the same few jobs come back with the same reason after each replay.",
      "A release with a bug: the reason is the name of a defect and began with the rollout.",
      "The handler marks an error as final that could be retried.",
      "Jobs took their runner down, each while it ran alone: the reason is `RunnerLost`."
    ],
    fix: [
      "List the dead letters of the type with their error history, and group them by reason.",
      "Fix the cause first: jobs replayed before that fail again.",
      "Replay one and see it complete. Then replay the rest in batches, and watch the queue depth.",
      "Discard what can never succeed, and tell the owner."
    ],
    silence:
      "Silence by `job_type` while the cause is being fixed. Note how many there were at the start: all of them " +
      "must be replayed or discarded."
  }
})
