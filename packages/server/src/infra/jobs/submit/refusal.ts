/** What the tables refuse or can't do, as callers see it. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JobError } from "../error.ts"
import { isRefused } from "../store/certain.ts"
import type { OtherDatabase } from "../store/other-database.ts"

/** What may be asked for again later, unless it makes no sense. */
export const refusalOf = (error: SqlError | OtherDatabase): JobError => {
  if (error._tag === "OtherDatabase") {
    return new JobError({ reason: "Validation", message: error.message })
  }
  return isRefused(error)
    ? new JobError({ reason: "Validation", message: "The tables of jobs don't take these values", cause: error })
    : new JobError({ reason: "RunnerUnavailable", message: "The tables of jobs can't be reached", cause: error })
}

/** An operation on the tables with errors that callers know. */
export const reached = <A>(operation: Effect.Effect<A, SqlError | OtherDatabase>): Effect.Effect<A, JobError> =>
  Effect.mapError(operation, refusalOf)

/** What is read of one job. */
export const found = <A>(
  id: string,
  read: Effect.Effect<Option.Option<A>, SqlError | OtherDatabase>
): Effect.Effect<A, JobError> =>
  Effect.flatMap(reached(read), Option.match({ onNone: () => notFound(id), onSome: Effect.succeed }))

const notFound = (jobId: string): Effect.Effect<never, JobError> =>
  new JobError({ reason: "NotFound", message: `There is no job ${jobId}`, jobId })
