/** The dead letters of a type grew within an hour. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, counter } from "../promql/select.ts"
import { deadLetters } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { jobs } = catalogue

export const jobDeadLetterGrowing = alert({
  name: "JobDeadLetterGrowing",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  gate: "At least five dead letters more than at the lowest point of the last hour.",
  expression: recorded(deadLetters).minus(recorded(deadLetters).minOver("1h")).atLeast(5),
  summary: (label) => `Dead letters of ${label("job_type")} jobs of ${label("job")} grow.`,
  description: (label) =>
    `There are ${number} more dead letters of ${label("job_type")} jobs than there were within the last hour. ` +
    "Find the reason that leads in jobs_dead_lettered_total; fix it, then replay them.",
  runbook: {
    meaning:
      "Jobs used up their attempts or failed in a way that is not retried, and nobody will do them unless somebody replays " +
      "them. Each is work that was accepted and not done.",
    confirm: [
      { say: "How many are there now?", query: recorded(deadLetters) },
      {
        say: "Why did they end there?",
        query: grown(counter(jobs.deadLettered), "1h").sumBy("job", "job_type", "reason")
      },
      { say: "How old is the oldest?", query: across(jobs.dlqOldestAge, ["job", "job_type"]) },
      {
        say: "Is somebody replaying already? Replays that come back make the same number again.",
        query: grown(counter(jobs.replays), "1h").sumBy("job", "job_type")
      }
    ],
    causes: [
      "A dependency was away for longer than the retries last: one reason, a timeout or a refused connection.",
      "A poison input: the same few jobs, replayed, come back with the same reason.",
      "A release with a bug: the reason is a defect's name and began with the rollout.",
      "An error that could be retried is marked as final by the handler."
    ],
    fix: [
      "List the dead letters of the type with their error history, and group them by reason.",
      "Fix the cause first: a replay before that only counts them again.",
      "Replay one, see it complete, then replay the rest, a batch at a time, and watch the depth of the queue.",
      "Discard what can't ever succeed, and tell its owner."
    ],
    silence:
      "Silence by `job_type` while the cause is being fixed; write down how many there were when you began, as all of " +
      "them must be replayed or discarded."
  }
})
