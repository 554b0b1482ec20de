/** Is the work being done? All job types at a glance. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { jobDeadLetterGrowing } from "../alerts/job-dead-letter-growing.ts"
import { jobDeadLettersUnattended } from "../alerts/job-dead-letters-unattended.ts"
import { jobErrorBudgetBurn } from "../alerts/job-error-budget-burn.ts"
import { jobErrorRateHigh } from "../alerts/job-error-rate-high.ts"
import { jobQueueFallingBehind } from "../alerts/job-queue-falling-behind.ts"
import { jobQueueOldestAgeHigh } from "../alerts/job-queue-oldest-age-high.ts"
import { jobQueueStalled } from "../alerts/job-queue-stalled.ts"
import { jobRedeliveriesHigh } from "../alerts/job-redeliveries-high.ts"
import { jobSlotsExhausted } from "../alerts/job-slots-exhausted.ts"
import { across, counter } from "../promql/select.ts"
import { jobOperation, jobState } from "../promql/values.ts"
import { budget } from "../rules/budget.ts"
import { attempts, deadLetters, failedAttempts, oldestAge } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import type { Dashboard } from "./dashboard.ts"
import { jobType, percentiles, process, service } from "./scope.ts"

const { jobs } = catalogue

const of = { ...process, ...jobType }
const shared = { ...service, ...jobType }

const [burn] = jobErrorBudgetBurn

const now = [
  {
    title: "Oldest runnable job",
    kind: "number",
    unit: "s",
    description: "How long the oldest job that could run has waited. Rising without end: nothing is taken.",
    alert: jobQueueOldestAgeHigh,
    queries: [{ query: recorded(oldestAge, shared).maxBy("job"), legend: "{{job}}" }]
  },
  {
    title: "Jobs ready",
    kind: "number",
    unit: "suffix: jobs",
    description: "Jobs that could run and wait. High for long: more comes than goes.",
    alert: jobQueueFallingBehind,
    queries: [
      {
        query: across(jobs.queueDepth, ["job", "job_type"], { ...shared, state: jobState.ready }).sumBy("job"),
        legend: "{{job}}"
      }
    ]
  },
  {
    title: "Attempts that fail",
    kind: "number",
    unit: "percentunit",
    description: "Share of the attempts of the last 10 minutes that failed or died. Above a tenth: something is wrong.",
    alert: jobErrorRateHigh,
    queries: [
      {
        query: recorded(failedAttempts, shared)
          .orZeroOf(recorded(attempts, shared))
          .sumBy("job")
          .dividedBy(recorded(attempts, shared).sumBy("job")),
        legend: "{{job}}"
      }
    ],
    empty: "No attempt has ended in the last 10 minutes."
  },
  {
    title: "Dead letters",
    kind: "number",
    unit: "suffix: jobs",
    description: "Jobs that nobody will do unless somebody replays them. Any number other than 0 is somebody's task.",
    alert: jobDeadLetterGrowing,
    queries: [{ query: recorded(deadLetters, shared).sumBy("job"), legend: "{{job}}" }]
  }
] as const

const flow = [
  {
    title: "Arrival against completion",
    kind: "lines",
    unit: "suffix: jobs/s",
    description:
      "What comes and what goes. Arrivals above the rest for long: the queue grows. Completions at 0: it stands still.",
    alert: jobQueueFallingBehind,
    width: 12,
    queries: [
      { query: counter(jobs.enqueued, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} enqueued" },
      { query: counter(jobs.replays, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} replayed" },
      { query: counter(jobs.completions, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} completed" },
      { query: counter(jobs.cancellations, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} cancelled" },
      { query: counter(jobs.deadLettered, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} dead-lettered" }
    ]
  },
  {
    title: "Wait until an attempt starts, and the oldest that still waits",
    kind: "lines",
    unit: "s",
    description:
      "Percentiles of the jobs that started, with the age of the oldest that did not. The percentiles end when nothing " +
      "starts; only the age then rises.",
    alert: jobQueueOldestAgeHigh,
    width: 12,
    queries: [
      ...percentiles(jobs.waitDuration, of, "job"),
      { query: recorded(oldestAge, shared).maxBy("job"), legend: "{{job}} oldest" }
    ]
  },
  {
    title: "In flight against slots",
    kind: "lines",
    unit: "suffix: jobs",
    description:
      "What runs, and what may run. At the limit with jobs ready: capacity. Far below with jobs ready: nothing is taken.",
    alert: jobSlotsExhausted,
    width: 12,
    queries: [
      {
        query: across(jobs.inFlight, ["job"], { ...of, operation: jobOperation.process }),
        legend: "{{job}} in flight"
      },
      { query: across(jobs.slots, ["job", "state"], of), legend: "{{job}} slots {{state}}" }
    ]
  },
  {
    title: "Depth by state",
    kind: "stack",
    unit: "suffix: jobs",
    description:
      "Ready grows: too little is taken. Retrying grows: attempts fail. Scheduled is for later. Running without end: runs hang.",
    alert: jobQueueStalled,
    width: 12,
    queries: [
      {
        query: across(jobs.queueDepth, ["job", "job_type", "state"], shared).sumBy("job", "state"),
        legend: "{{job}} {{state}}"
      }
    ]
  }
] as const

const outcome = [
  {
    title: "Accepted until finished",
    kind: "lines",
    unit: "s",
    description:
      "From the first acceptance to the final outcome, deliberate delay included. It is what those who submit feel.",
    alert: jobQueueOldestAgeHigh,
    queries: percentiles(jobs.duration, of, "job")
  },
  {
    title: "Error budget used up",
    kind: "lines",
    unit: "suffix:x",
    description:
      "How many times as fast as it lasts the error budget is used up, over an hour. At 1 it lasts thirty days; above 14.4 " +
      "it is gone in two.",
    alert: burn ?? jobErrorRateHigh,
    queries: [{ query: recorded(budget["1h"].burn, shared), legend: "{{job}} {{job_type}}" }],
    empty: "No job was finished in the last hour."
  },
  {
    title: "Done again",
    kind: "lines",
    unit: "suffix: jobs/s",
    description:
      "Retries follow failures. Redeliveries follow lost runs: a steady rate is runners that restart. Duplicates are " +
      "submissions that met a live job, and cost nothing.",
    alert: jobRedeliveriesHigh,
    queries: [
      { query: counter(jobs.retries, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} retried" },
      { query: counter(jobs.redelivered, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} redelivered" },
      { query: counter(jobs.duplicates, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} duplicate" }
    ],
    empty: "Nothing was retried, redelivered or submitted twice."
  },
  {
    title: "Dead letters by type",
    kind: "stack",
    unit: "suffix: jobs",
    description:
      "Steps up: an incident. A slow climb: some inputs can't succeed. It falls only by replaying or discarding.",
    alert: jobDeadLetterGrowing,
    width: 12,
    queries: [{ query: recorded(deadLetters, shared), legend: "{{job}} {{job_type}}" }]
  },
  {
    title: "Oldest dead letter",
    kind: "lines",
    unit: "s",
    description: "A line that rises for days: nobody looks at them.",
    alert: jobDeadLettersUnattended,
    width: 12,
    queries: [{ query: across(jobs.dlqOldestAge, ["job", "job_type"], shared), legend: "{{job}} {{job_type}}" }]
  }
] as const

export const jobsOverview: Dashboard = {
  uid: "jobs-overview",
  title: "Jobs overview",
  description: "Is the work being done, and how long does it wait?",
  variables: ["service", "instance", "job_type"],
  rows: [
    { title: "Now", panels: now },
    { title: "What comes and what goes", panels: flow },
    { title: "What becomes of it", panels: outcome }
  ]
}
