/** A dead letter is old, however few there are. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, counter } from "../promql/select.ts"
import { deadLetters } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { lasting } from "./text.ts"
import { seconds } from "./threshold.ts"

const { jobs } = catalogue

const age = across(jobs.dlqOldestAge, ["job", "job_type"])

export const jobDeadLettersUnattended = alert({
  name: "JobDeadLettersUnattended",
  severity: "warning",
  for: "1h",
  keepFiringFor: "1h",
  thresholds: { seconds: seconds(86_400, "a dead letter may be left alone") },
  threshold: (set) => `One dead letter that is more than ${lasting(set.seconds)} old.`,
  expression: (set) => age.above(set.seconds),
  summary: (label, set) =>
    `Dead letters of ${label("job_type")} jobs of ${label("job")} have been there for more than ${lasting(set.seconds)}.`,
  description: (label) =>
    `The oldest dead letter of ${label("job_type")} jobs is ${duration} old. Read its error history, then replay ` +
    "or discard it.",
  runbook: (set) => ({
    meaning:
      `A job ended in the dead letters more than ${lasting(set.seconds)} ago and was` +
      " neither replayed nor discarded. Types with few " +
      "jobs never reach the thresholds of the other alerts; this alert makes sure that their dead letters are not " +
      "forgotten.",
    firstLook: [
      { question: "How old is the oldest of each type?", query: age },
      { question: "How many are there?", query: recorded(deadLetters) },
      {
        question: "Were any replayed in the last day?",
        query: grown(counter(jobs.replays), "1d").sumBy("job", "job_type")
      }
    ],
    causes: [
      "Nobody was notified: the type has few jobs, and no other alert fired.",
      "Somebody looked and left it: the input can't succeed, but was not discarded.",
      "Some were replayed, and the oldest was missed."
    ],
    fix: [
      "List the dead letters of the type, and read the error history of the oldest.",
      "Replay those whose cause is gone. Discard those that can't succeed, and tell the owner.",
      "If dead letters of this type don't matter, don't create them: let the handler complete with a result that " +
        "says so."
    ],
    silence:
      "Silence by `job_type` until the day on which the owner decides. This alert is a reminder, not an incident."
  })
})
