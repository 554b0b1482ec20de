/** What became of a job, with the types that its definition gives. */
import type { jobStates } from "../../observe/catalogue.ts"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Either from "effect/Either"
import { describe } from "./definition/attempt.ts"
import { JobError } from "./error.ts"
import type { Job } from "./definition/job.ts"
import type { JobEnding } from "./store/operations.ts"

/** What became of a job until now. */
export type JobResult<A, E> =
  | { readonly _tag: "Pending"; readonly state: (typeof jobStates)[number] }
  | { readonly _tag: "Completed"; readonly value: A }
  | { readonly _tag: "Cancelled" }
  | {
      readonly _tag: "Dead"
      readonly reason: string
      readonly message: string
      readonly attempts: number
      /** The handler's own error, where the last attempt failed with one. */
      readonly error: Option.Option<E>
    }

/** The result of a job that ended so, read with its definition. */
export const resultOf = <Type extends string, P, A, E>(
  job: Job<Type, P, A, E>,
  id: string,
  ending: JobEnding
): Effect.Effect<JobResult<A, E>, JobError> => {
  if (ending.jobType !== job.type) {
    const message = `The job is of the type "${ending.jobType}", not "${job.type}"`
    return new JobError({ reason: "Validation", message, jobId: id, jobType: ending.jobType })
  }
  switch (ending.state) {
    case "completed":
      return job.success.decode(ending.result ?? "").pipe(
        Effect.map((value) => ({ _tag: "Completed" as const, value })),
        Effect.mapError(
          (error) => new JobError({ reason: "Validation", message: describe(error), jobId: id, jobType: job.type })
        )
      )
    case "cancelled":
      return Effect.succeed({ _tag: "Cancelled" })
    case "dead":
      return Effect.map(typedError(job, ending), (error) => ({
        _tag: "Dead" as const,
        reason: ending.reason ?? "Unknown",
        message: ending.message ?? "",
        attempts: ending.attempt,
        error
      }))
    default:
      return Effect.succeed({ _tag: "Pending", state: ending.state })
  }
}

/** A result as the effect that it stands for; nothing while the job is alive. */
export const settledOf = <A, E>(
  jobType: string,
  jobId: string,
  result: JobResult<A, E>
): Option.Option<Effect.Effect<A, E | JobError>> => {
  switch (result._tag) {
    case "Pending":
      return Option.none()
    case "Completed":
      return Option.some(Effect.succeed(result.value))
    case "Cancelled":
      return Option.some(new JobError({ reason: "AlreadyCancelled", message: "The job was cancelled", jobId, jobType }))
    case "Dead":
      return Option.some(
        Option.match(result.error, {
          onSome: (error): Effect.Effect<A, E | JobError> => Effect.fail(error),
          onNone: () => new JobError({ reason: deadReason(result.reason), message: result.message, jobId, jobType })
        })
      )
  }
}

const typedError = <Type extends string, P, A, E>(
  job: Job<Type, P, A, E>,
  { error }: JobEnding
): Effect.Effect<Option.Option<E>> =>
  error === undefined ? Effect.succeedNone : Effect.map(Effect.either(job.error.decode(error)), Either.getRight)

const deadReason = (reason: string): JobError["reason"] => {
  switch (reason) {
    case "Timeout":
    case "Validation":
    case "HandlerMissing":
    case "RunnerUnavailable":
      return reason
    default:
      return "MaxRetries"
  }
}
