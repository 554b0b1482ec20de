/** A dead letter has been there for a day, however few there are. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, counter } from "../promql/select.ts"
import { deadLetters } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"

const { jobs } = catalogue

const age = across(jobs.dlqOldestAge, ["job", "job_type"])

export const jobDeadLettersUnattended = alert({
  name: "JobDeadLettersUnattended",
  severity: "warning",
  for: "1h",
  keepFiringFor: "1h",
  gate: "None by number: one job that nobody looked at for a day is the symptom, and it pages nobody.",
  expression: age.above(86_400),
  summary: (label) => `Nobody has looked at the dead letters of ${label("job_type")} jobs of ${label("job")}.`,
  description: (label) =>
    `The oldest dead letter of ${label("job_type")} jobs is ${duration} old. Read its error history, then replay or discard it.`,
  runbook: {
    meaning:
      "A job ended in the dead letters more than a day ago and was neither replayed nor discarded. The types with few " +
      "jobs never reach the numbers of the other alerts; this one makes sure that none of theirs is forgotten.",
    confirm: [
      { say: "How old is the oldest of each type?", query: age },
      { say: "How many are there?", query: recorded(deadLetters) },
      { say: "Were any replayed in the last day?", query: grown(counter(jobs.replays), "1d").sumBy("job", "job_type") }
    ],
    causes: [
      "Nobody was told: the type has few jobs, and no other alert fired.",
      "It was looked at and left, as the input can't succeed and nobody discarded it.",
      "Some were replayed and the oldest was missed."
    ],
    fix: [
      "List the dead letters of the type; read the error history of the oldest.",
      "Replay those whose cause is gone, discard those that can't succeed, and tell their owner.",
      "If dead letters of this type don't matter, do not keep them: let the handler complete with a result that says so."
    ],
    silence:
      "Silence by `job_type` until the day on which the owner of the type decides. It is a reminder, not an incident."
  }
})
