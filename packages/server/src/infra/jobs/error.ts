/**
 * The one error of operations on jobs; it says whether a retry can help. Its schema is in another file, so that code which
 * only looks at errors needs neither `effect/Schema` nor the service.
 */
import type { YieldableError } from "effect/Cause"
import * as Effectable from "effect/Effectable"
import * as Either from "effect/Either"

/**
 * Why an operation on a job failed. `MaxRetries` and `Timeout` come from `awaitResult`: the job is a dead letter. Only
 * runners of older versions fail with `HandlerMissing` and `Processing`, since `submit` needs no handler.
 */
export const jobErrorReasons = [
  "NotFound",
  "AlreadyCancelled",
  "HandlerMissing",
  "Validation",
  "Processing",
  "MaxRetries",
  "RunnerUnavailable",
  "Timeout"
] as const

/** The fields of a {@link JobError}. */
export interface JobErrorFields {
  /** Why it failed. */
  readonly reason: (typeof jobErrorReasons)[number]
  /** The reason in words, with the given values. */
  readonly message: string
  /** The id of the job, if the error is about one job. */
  readonly jobId?: string | undefined
  /** The type of that job, if known. */
  readonly jobType?: string | undefined
  /** The cause, such as an error of the database. */
  readonly cause?: unknown
}

/**
 * An operation on a job failed. `isRetryable` says whether the same call can succeed later: yes if the database was not
 * reachable or the job timed out; no if the job is not found, not valid, cancelled or a dead letter. It can be yielded in
 * `Effect.gen`, and two errors with the same fields are equal. `JobErrorSchema` is its schema.
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- its prototype has what the interface adds, below
export class JobError extends Error implements JobErrorFields {
  /** For `Effect.catchTag`. */
  readonly _tag = "JobError"
  /** Why it failed. */
  readonly reason: JobErrorFields["reason"]
  /** The id of the job, if the error is about one job. */
  readonly jobId?: string | undefined
  /** The type of that job, if known. */
  readonly jobType?: string | undefined

  constructor({ cause, jobId, jobType, message, reason }: JobErrorFields) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    if (jobId !== undefined) {
      this.jobId = jobId
    }
    if (jobType !== undefined) {
      this.jobType = jobType
    }
  }

  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return retryable[this.reason]
  }

  /** A `Left` is an effect that fails with what it holds. @internal */
  commit(): Either.Either<never, JobError> {
    return Either.left(this)
  }

  /** All fields, as a plain object. */
  toJSON(): unknown {
    return { ...this, message: this.message, ...(this.cause === undefined ? {} : { cause: this.cause }) }
  }
}

// All of a YieldableError: the prototype below has what the class does not say itself. `effect/Data` has it ready, and
// brings 30 kB more.
export interface JobError extends YieldableError {
  readonly name: "JobError"
}
Object.assign(JobError.prototype, Effectable.StructuralCommitPrototype, { name: "JobError" })

const retryable: Readonly<Record<JobErrorFields["reason"], boolean>> = {
  NotFound: false,
  AlreadyCancelled: false,
  HandlerMissing: true,
  Validation: false,
  Processing: true,
  MaxRetries: false,
  RunnerUnavailable: true,
  Timeout: true
}
