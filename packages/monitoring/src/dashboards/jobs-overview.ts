/** Are jobs being processed? All job types at a glance. */
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
import { jobBudget } from "../rules/job-budget.ts"
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
    description: "How long the oldest runnable job has been waiting. Rises without end: no job is taken.",
    alert: jobQueueOldestAgeHigh,
    queries: [{ query: recorded(oldestAge, shared).maxBy("job"), legend: "{{job}}" }]
  },
  {
    title: "Jobs ready",
    kind: "number",
    unit: "suffix: jobs",
    description: "Runnable jobs that wait. High for long: more jobs arrive than finish.",
    alert: jobQueueFallingBehind,
    queries: [
      {
        query: across(jobs.queueDepth, ["job", "job_type"], { ...shared, state: jobState.ready }).sumBy("job"),
        legend: "{{job}}"
      }
    ]
  },
  {
    title: "Failed attempts",
    kind: "number",
    unit: "percentunit",
    description: "Share of the attempts in the last 10 minutes that failed. Above 10%: something is wrong.",
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
    empty: "No attempt ended in the last 10 minutes."
  },
  {
    title: "Dead letters",
    kind: "number",
    unit: "suffix: jobs",
    description: "Jobs that stay undone until somebody replays them. Above 0: somebody has to look at them.",
    alert: jobDeadLetterGrowing,
    queries: [{ query: recorded(deadLetters, shared).sumBy("job"), legend: "{{job}}" }]
  }
] as const

const flow = [
  {
    title: "Arrivals and completions",
    kind: "lines",
    unit: "suffix: jobs/s",
    description: "Arrivals above everything else for long: the queue grows. Completions at 0: it has stopped.",
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
    title: "Wait time, and age of the oldest waiting job",
    kind: "lines",
    unit: "s",
    description:
      "Percentiles of jobs that started, and the age of the oldest job that has not. When no job starts, the " +
      "percentiles end and only the age rises.",
    alert: jobQueueOldestAgeHigh,
    width: 12,
    queries: [
      ...percentiles(jobs.waitDuration, of, "job"),
      { query: recorded(oldestAge, shared).maxBy("job"), legend: "{{job}} oldest" }
    ]
  },
  {
    title: "Jobs in flight and slots",
    kind: "lines",
    unit: "suffix: jobs",
    description: "At the limit with jobs ready: add capacity. Far below it with jobs ready: no job is taken.",
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
    title: "Queue depth by state",
    kind: "stack",
    unit: "suffix: jobs",
    description:
      `\`${jobState.ready}\` grows: too few jobs are taken. \`${jobState.retrying}\` grows: attempts fail. ` +
      `\`${jobState.scheduled}\` is for later. \`${jobState.running}\` does not fall: attempts hang.`,
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
    title: "Time from acceptance to final outcome",
    kind: "lines",
    unit: "s",
    description: "What submitters experience: waiting, retries and deliberate delay included.",
    alert: jobQueueOldestAgeHigh,
    queries: percentiles(jobs.duration, of, "job")
  },
  {
    title: "Error budget burn rate",
    kind: "lines",
    unit: "suffix:x",
    description:
      "Use of the error budget in the last hour, as a multiple of the sustainable rate. At 1 it lasts thirty days; " +
      "at 14.4 it is gone in two.",
    alert: burn ?? jobErrorRateHigh,
    queries: [{ query: recorded(jobBudget["1h"].burn, shared), legend: "{{job}} {{job_type}}" }],
    empty: "No job finished in the last hour."
  },
  {
    title: "Retries, redeliveries, duplicates",
    kind: "lines",
    unit: "suffix: jobs/s",
    description:
      "Retries follow failures. Redeliveries follow lost runs; a steady rate means that runners restart. Duplicates " +
      "are submissions answered with a live job, and are harmless.",
    alert: jobRedeliveriesHigh,
    queries: [
      { query: counter(jobs.retries, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} retried" },
      { query: counter(jobs.redelivered, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} redelivered" },
      { query: counter(jobs.duplicates, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} duplicate" }
    ],
    empty: "No job was retried, redelivered or submitted twice."
  },
  {
    title: "Dead letters by type",
    kind: "stack",
    unit: "suffix: jobs",
    description:
      "Steps up: an incident. A slow climb: some input can't succeed. Falls only when dead letters are replayed or " +
      "discarded.",
    alert: jobDeadLetterGrowing,
    width: 12,
    queries: [{ query: recorded(deadLetters, shared), legend: "{{job}} {{job_type}}" }]
  },
  {
    title: "Oldest dead letter",
    kind: "lines",
    unit: "s",
    description: "Rises for days: nobody looks at the dead letters.",
    alert: jobDeadLettersUnattended,
    width: 12,
    queries: [{ query: across(jobs.dlqOldestAge, ["job", "job_type"], shared), legend: "{{job}} {{job_type}}" }]
  }
] as const

export const jobsOverview: Dashboard = {
  uid: "jobs-overview",
  title: "Jobs overview",
  description: "Are jobs being processed, and how long do they wait?",
  reading:
    "Begin with the numbers at the top. Worry when the oldest runnable job gets older and older, as no job is taken then, " +
    "and when dead letters grow: each is a job that nobody does. Rates and wait times below say since when.",
  variables: ["service", "instance", "job_type"],
  rows: [
    { title: "Now", panels: now },
    { title: "Flow", panels: flow },
    { title: "Outcome", panels: outcome }
  ]
}
