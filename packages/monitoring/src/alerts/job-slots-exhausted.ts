/** All slots of a type are used while jobs wait. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, gauge } from "../promql/select.ts"
import { jobOperation, jobState, slotState } from "../promql/values.ts"
import { oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { inWords, lasting } from "./text.ts"
import { seconds } from "./threshold.ts"

const { jobs } = catalogue

const used = across(jobs.slots, ["job", "job_type"], { state: slotState.used })
const limit = across(jobs.slots, ["job", "job_type"], { state: slotState.limit })
const ready = across(jobs.queueDepth, ["job", "job_type"], { state: jobState.ready })

export const jobSlotsExhausted = alert({
  name: "JobSlotsExhausted",
  severity: "warning",
  for: "15m",
  keepFiringFor: "10m",
  thresholds: { seconds: seconds(60, "the oldest job may have waited") },
  threshold: (set) =>
    `Jobs are ready, and the oldest has waited for over ${lasting(set.seconds)}: full slots alone are no problem.`,
  expression: (set) => used.atLeast(limit).and(ready.above(0)).and(recorded(oldestAge).above(set.seconds)),
  summary: (label) => `All slots for ${label("job_type")} jobs of ${label("job")} are used, and jobs wait.`,
  description: (label, _, made) =>
    `All ${number} slots for ${label("job_type")} jobs have been used for ${inWords(made.for)} while jobs wait. Check ` +
    "whether attempts got slower; if not, add runners.",
  runbook: {
    meaning:
      "Across all runners, the maximum number of jobs of this type is running and more are ready. New jobs wait for " +
      "a slot. This is a matter of capacity: nothing is broken yet.",
    firstLook: [
      {
        question: "How many slots are used, and how many are there, across all runners?",
        query: across(jobs.slots, ["job", "job_type", "state"])
      },
      { question: "How many jobs are ready?", query: ready },
      { question: "How long has the oldest job waited?", query: recorded(oldestAge) },
      {
        question: "Do hanging attempts hold the slots?",
        query: gauge(jobs.inFlightOldestAge, { operation: jobOperation.process }).maxBy("job", "instance", "job_type")
      }
    ],
    causes: [
      "More work than slots: arrivals rose, attempts take as long as before.",
      "Attempts got slower: a dependency is slow, so each slot does less.",
      "Some attempts hang and hold their slots: see JobRunningTooLong.",
      "Fewer runners than usual: the limit fell."
    ],
    fix: [
      "If attempts got slower, fix what they wait for: more slots would only add load.",
      "If there are simply more jobs, add runners, or raise the concurrency of the type.",
      "If attempts hang, cancel them, and give the type a timeout."
    ],
    silence:
      "Silence by `job_type` during a known bulk load. Keep JobQueueOldestAgeHigh on: it fires when users are " +
      "affected."
  }
})
