/** Recording rules for jobs: one value per job type, for any number of runners. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, counter, observations } from "../promql/select.ts"
import { failedOrDied, jobOperation } from "../promql/values.ts"
import type { Vector } from "../promql/vector.ts"
import { jobBudget } from "./job-budget.ts"
import { record, recorded, type Recording } from "./recording.ts"

const { jobs } = catalogue

export const attempts = record(
  "job_type:jobs_attempts:increase10m",
  "Attempts at jobs that ended in 10 minutes, whatever their outcome.",
  grown(observations(jobs.processingSeconds, { operation: jobOperation.process }), "10m").sumBy("job", "job_type")
)

export const failedAttempts = record(
  "job_type:jobs_attempts_failed:increase10m",
  "Attempts at jobs that ended in a failure or a defect in 10 minutes.",
  grown(observations(jobs.processingSeconds, { operation: jobOperation.process, outcome: failedOrDied }), "10m").sumBy(
    "job",
    "job_type"
  )
)

export const oldestAge = record(
  "job_type:jobs_queue_oldest_age_seconds:max",
  "How long the oldest runnable job has been waiting.",
  across(jobs.queueOldestAge, ["job", "job_type"])
)

export const deadLetters = record(
  "job_type:jobs_dlq_size:max",
  "Jobs in the dead letters.",
  across(jobs.dlqSize, ["job", "job_type"])
)

export const begun = record(
  "job_type:jobs_attempts_begun:increase10m",
  "Attempts at jobs that began in 10 minutes.",
  grown(observations(jobs.waitDuration, { operation: jobOperation.process }), "10m").sumBy("job", "job_type")
)

export const ended = record(
  "job_type:jobs_attempts:increase15m",
  "Attempts at jobs that ended in 15 minutes, whatever their outcome.",
  grown(observations(jobs.processingSeconds, { operation: jobOperation.process }), "15m").sumBy("job", "job_type")
)

export const redelivered = record(
  "job_type:jobs_redelivered:increase15m",
  "Attempts begun in 15 minutes on jobs that a lost run had held.",
  grown(counter(jobs.redelivered), "15m").sumBy("job", "job_type")
)

export const enqueued = record(
  "job_type:jobs_enqueued:increase30m",
  "Jobs accepted in 30 minutes.",
  grown(counter(jobs.enqueued), "30m").sumBy("job", "job_type")
)

const replayed = record(
  "job_type:jobs_replayed:increase30m",
  "Dead letters replayed in 30 minutes.",
  grown(counter(jobs.replays), "30m").sumBy("job", "job_type")
)

const cancelled = record(
  "job_type:jobs_cancelled:increase30m",
  "Jobs cancelled in 30 minutes.",
  grown(counter(jobs.cancellations), "30m").sumBy("job", "job_type")
)

const orNone = (recording: Recording<"job" | "job_type">): Vector<"job" | "job_type"> =>
  recorded(recording).orZeroOf(recorded(enqueued))

export const leftOver = record(
  "job_type:jobs_left_over:increase30m",
  "Jobs accepted or replayed in 30 minutes, less those that completed, were cancelled or dead-lettered.",
  recorded(enqueued)
    .plus(orNone(replayed))
    .minus(orNone(jobBudget["30m"].good))
    .minus(orNone(jobBudget["30m"].bad))
    .minus(orNone(cancelled))
)

export const jobsRecordings: ReadonlyArray<Recording> = [
  attempts,
  failedAttempts,
  oldestAge,
  deadLetters,
  begun,
  ended,
  redelivered,
  enqueued,
  replayed,
  cancelled,
  leftOver
]
