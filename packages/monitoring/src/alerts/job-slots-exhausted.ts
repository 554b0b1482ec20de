/** All slots of a type are used while jobs wait. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, gauge } from "../promql/select.ts"
import { jobOperation, jobState, slotState } from "../promql/values.ts"
import { oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { jobs } = catalogue

const used = across(jobs.slots, ["job", "job_type"], { state: slotState.used })
const limit = across(jobs.slots, ["job", "job_type"], { state: slotState.limit })
const ready = across(jobs.queueDepth, ["job", "job_type"], { state: jobState.ready })

export const jobSlotsExhausted = alert({
  name: "JobSlotsExhausted",
  severity: "warning",
  for: "15m",
  keepFiringFor: "10m",
  gate: "Jobs are ready, and the oldest has waited over a minute: full slots without demand are good use.",
  expression: used.atLeast(limit).and(ready.above(0)).and(recorded(oldestAge).above(60)),
  summary: (label) => `All slots for ${label("job_type")} jobs of ${label("job")} are used, and jobs wait.`,
  description: (label) =>
    `All ${number} slots for ${label("job_type")} jobs have been used for 15 minutes while jobs wait. ` +
    "See whether the runs got longer; if not, add runners.",
  runbook: {
    meaning:
      "Over all runners as many jobs of this type run as may, and more are ready. New jobs wait for a slot. It is a matter " +
      "of capacity: nothing is broken yet.",
    confirm: [
      { say: "Used and allowed, over all runners?", query: across(jobs.slots, ["job", "job_type", "state"]) },
      { say: "How many are ready?", query: ready },
      { say: "How long has the oldest waited?", query: recorded(oldestAge) },
      {
        say: "Are the slots held by runs that hang?",
        query: gauge(jobs.inFlightOldestAge, { operation: jobOperation.process }).maxBy("job", "instance", "job_type")
      }
    ],
    causes: [
      "More work than slots: arrivals rose, runs take as long as ever.",
      "Runs got longer: a dependency is slow, so that each slot does less.",
      "Some runs hang and hold their slots: see JobRunningTooLong.",
      "Fewer runners than usual: the limit fell."
    ],
    fix: [
      "If the runs got longer, fix what they wait for: more slots would only press it harder.",
      "If it is the number of jobs, add runners, or raise the concurrency of the type.",
      "If some hang, cancel them, and give the type a timeout."
    ],
    silence:
      "Silence by `job_type` during a known bulk load; JobQueueOldestAgeHigh stays on and says when users feel it."
  }
})
