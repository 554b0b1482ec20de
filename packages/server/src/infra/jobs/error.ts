/** What can go wrong with a job, in one error that crosses the wire and says whether trying again can help. */
import * as Schema from "effect/Schema"

/**
 * Why an operation on a job failed. `MaxRetries` and `Timeout` are of `awaitResult`: the job is dead. Only
 * runners of older versions fail with `HandlerMissing` and `Processing`, as `submit` needs no handler.
 */
export const JobErrorReason = Schema.Literal(
  "NotFound",
  "AlreadyCancelled",
  "HandlerMissing",
  "Validation",
  "Processing",
  "MaxRetries",
  "RunnerUnavailable",
  "Timeout"
)
export type JobErrorReason = typeof JobErrorReason.Type

/**
 * An operation on a job failed. `isRetryable` says whether the same call can succeed later: the database comes back, a
 * timeout was bad luck; what is not found, not valid, cancelled or given up stays so.
 */
export class JobError extends Schema.TaggedError<JobError>("@parametric-portal/server/JobError")("JobError", {
  reason: JobErrorReason,
  message: Schema.String,
  jobId: Schema.optional(Schema.String),
  jobType: Schema.optional(Schema.String),
  cause: Schema.optional(Schema.Defect)
}) {
  get isRetryable(): boolean {
    return retryable[this.reason]
  }
}

const retryable: Readonly<Record<JobErrorReason, boolean>> = {
  NotFound: false,
  AlreadyCancelled: false,
  HandlerMissing: true,
  Validation: false,
  Processing: true,
  MaxRetries: false,
  RunnerUnavailable: true,
  Timeout: true
}
