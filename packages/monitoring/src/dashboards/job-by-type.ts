/** What happens to the jobs of one type? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { jobDeadLetterGrowing } from "../alerts/job-dead-letter-growing.ts"
import { jobErrorRateHigh } from "../alerts/job-error-rate-high.ts"
import { jobQueueFallingBehind } from "../alerts/job-queue-falling-behind.ts"
import { jobQueueOldestAgeHigh } from "../alerts/job-queue-oldest-age-high.ts"
import { jobRedeliveriesHigh } from "../alerts/job-redeliveries-high.ts"
import { jobRunningTooLong } from "../alerts/job-running-too-long.ts"
import { jobSlotsExhausted } from "../alerts/job-slots-exhausted.ts"
import { buckets, counter, gauge, observations } from "../promql/select.ts"
import { jobOperation, succeeded, unsuccessful } from "../promql/values.ts"
import type { Dashboard } from "./dashboard.ts"
import { jobType, percentile, percentiles, process } from "./scope.ts"

const { jobs } = catalogue

const of = { ...process, ...jobType }
const attempt = { ...of, operation: jobOperation.process }

const failure = [
  {
    title: "Failures by reason",
    kind: "stack",
    unit: "suffix: failures/s",
    description: "A single leading reason is a single cause. Many that begin at once share a dependency or a release.",
    alert: jobErrorRateHigh,
    queries: [
      {
        query: counter(jobs.failures, of).rate("$__rate_interval").sumBy("job_type", "reason"),
        legend: "{{job_type}} {{reason}}"
      }
    ],
    empty: "Nothing has failed."
  },
  {
    title: "Attempts by outcome",
    kind: "stack",
    unit: "suffix: attempts/s",
    description:
      "Failures are errors that the code expects, defects are bugs, interruptions are stops and cancellations.",
    alert: jobErrorRateHigh,
    queries: [
      {
        query: observations(jobs.processingSeconds, { ...attempt, outcome: succeeded })
          .rate("$__rate_interval")
          .sumBy("job_type"),
        legend: "{{job_type}} success"
      },
      {
        query: observations(jobs.processingSeconds, { ...attempt, outcome: unsuccessful })
          .rate("$__rate_interval")
          .sumBy("job_type", "outcome"),
        legend: "{{job_type}} {{outcome}}"
      }
    ]
  },
  {
    title: "Dead letters by reason",
    kind: "stack",
    unit: "suffix: jobs/s",
    description: "Why jobs were given up. A reason that returns after each replay was not fixed.",
    alert: jobDeadLetterGrowing,
    queries: [
      {
        query: counter(jobs.deadLettered, of).rate("$__rate_interval").sumBy("job_type", "reason"),
        legend: "{{job_type}} {{reason}}"
      }
    ],
    empty: "No job has ended in the dead letters."
  },
  {
    title: "Attempts per job",
    kind: "lines",
    unit: "suffix: attempts",
    description: "At the final outcome. Rises before dead letters do, while retries still save the jobs.",
    alert: jobErrorRateHigh,
    queries: percentiles(jobs.attempts, of, "job_type")
  },
  {
    title: "Retried, redelivered, replayed, duplicate",
    kind: "lines",
    unit: "suffix: jobs/s",
    description:
      "Retried: attempts fail. Redelivered: runs are lost. Replayed: by hand. Duplicate: submitted while the job " +
      "was alive.",
    alert: jobRedeliveriesHigh,
    queries: [
      { query: counter(jobs.retries, of).rate("$__rate_interval").sumBy("job_type"), legend: "{{job_type}} retried" },
      {
        query: counter(jobs.redelivered, of).rate("$__rate_interval").sumBy("job_type"),
        legend: "{{job_type}} redelivered"
      },
      { query: counter(jobs.replays, of).rate("$__rate_interval").sumBy("job_type"), legend: "{{job_type}} replayed" },
      {
        query: counter(jobs.duplicates, of).rate("$__rate_interval").sumBy("job_type"),
        legend: "{{job_type}} duplicate"
      }
    ],
    empty: "No job was retried, redelivered, replayed or submitted twice."
  },
  {
    title: "Enqueued, completed, cancelled, by priority",
    kind: "lines",
    unit: "suffix: jobs/s",
    description: "A priority that is enqueued but not completed starves behind the others.",
    alert: jobQueueFallingBehind,
    queries: [
      {
        query: counter(jobs.enqueued, of).rate("$__rate_interval").sumBy("job_type", "priority"),
        legend: "{{job_type}} {{priority}} enqueued"
      },
      {
        query: counter(jobs.completions, of).rate("$__rate_interval").sumBy("job_type", "priority"),
        legend: "{{job_type}} {{priority}} completed"
      },
      {
        query: counter(jobs.cancellations, of).rate("$__rate_interval").sumBy("job_type", "priority"),
        legend: "{{job_type}} {{priority}} cancelled"
      }
    ]
  }
] as const

const time = [
  {
    title: "Processing time",
    kind: "heatmap",
    unit: "s",
    description: "How long attempts take. Two bands: two kinds of work, or timeouts. A rising band: a slow dependency.",
    alert: jobRunningTooLong,
    width: 12,
    queries: [
      { query: buckets(jobs.processingSeconds, attempt).increase("$__rate_interval").sumBy("le"), legend: "{{le}}" }
    ]
  },
  {
    title: "Wait time",
    kind: "heatmap",
    unit: "s",
    description:
      "How long due jobs waited for an attempt. A second band far above: a priority starves. Empty while jobs are " +
      "ready: the queue has stopped.",
    alert: jobQueueOldestAgeHigh,
    width: 12,
    queries: [{ query: buckets(jobs.waitDuration, of).increase("$__rate_interval").sumBy("le"), legend: "{{le}}" }]
  },
  {
    title: "Processing time by outcome",
    kind: "lines",
    unit: "s",
    description:
      "Failures that take as long as a timeout wait for something. Failures that take no time are refused at once.",
    alert: jobErrorRateHigh,
    queries: [percentile(jobs.processingSeconds, attempt, "job_type", "outcome")]
  },
  {
    title: "Time from acceptance to final outcome",
    kind: "lines",
    unit: "s",
    description: "What submitters experience, waiting and retries included.",
    alert: jobQueueOldestAgeHigh,
    queries: percentiles(jobs.duration, of, "job_type")
  },
  {
    title: "Longest-running attempt",
    kind: "lines",
    unit: "s",
    description: "Rises one second per second: an attempt that may hang and holds its slot.",
    alert: jobRunningTooLong,
    queries: [
      {
        query: gauge(jobs.inFlightOldestAge, attempt).maxBy("instance", "job_type"),
        legend: "{{job_type}} on {{instance}}"
      }
    ]
  },
  {
    title: "In flight by operation",
    kind: "stack",
    unit: "suffix: jobs",
    description: "0 when nothing runs. Submits or cancels in flight for long: the storage is slow.",
    alert: jobRunningTooLong,
    queries: [{ query: gauge(jobs.inFlight, of).sumBy("job_type", "operation"), legend: "{{job_type}} {{operation}}" }]
  },
  {
    title: "Slots by runner",
    kind: "lines",
    unit: "suffix: slots",
    description:
      "One runner at its limit while others are idle: shards are unevenly spread, or the job type is pinned.",
    alert: jobSlotsExhausted,
    width: 16,
    queries: [
      {
        query: gauge(jobs.slots, of).sumBy("instance", "job_type", "state"),
        legend: "{{job_type}} {{state}} on {{instance}}"
      }
    ]
  }
] as const

export const jobByType: Dashboard = {
  uid: "job-by-type",
  title: "Job by type",
  description: "What happens to the jobs of one type: why they fail, how long they take, what runs now?",
  reading:
    "Choose a job type that an alert named. Worry when one reason leads its failures, or when attempts take as long as " +
    "they are allowed to. A band that begins at once is an incident, one that was always there is the input.",
  variables: ["service", "instance", "job_type"],
  rows: [
    { title: "Failures and attempts", panels: failure },
    { title: "Time", panels: time }
  ]
}
