/** Errors of jobs as the API answers them. */
import * as Effect from "effect/Effect"
import type { JobError } from "../jobs.ts"
import { NotFound, Refused, Unavailable } from "./api.ts"

/** What is asked of many jobs, or of a type. */
export const answered = <A, R>(effect: Effect.Effect<A, JobError, R>): Effect.Effect<A, Refused | Unavailable, R> =>
  Effect.catchAll(effect, (error): Effect.Effect<never, Refused | Unavailable> =>
    isAway(error) ? unavailable(error) : new Refused({ message: error.message })
  )

/** What is asked of one job. A job that is there, and only can't be changed so, has a type. */
export const answeredOf = <A, R>(
  effect: Effect.Effect<A, JobError, R>
): Effect.Effect<A, NotFound | Refused | Unavailable, R> =>
  Effect.catchAll(effect, (error): Effect.Effect<never, NotFound | Refused | Unavailable> =>
    isAway(error)
      ? unavailable(error)
      : error.reason === "NotFound" && error.jobType === undefined
        ? new NotFound({ message: error.message })
        : new Refused({ message: error.message })
  )

const isAway = ({ reason }: JobError): boolean => reason === "RunnerUnavailable"

/** Why is in the log: it may name the database. */
const unavailable = (error: JobError): Effect.Effect<never, Unavailable> =>
  Effect.zipRight(
    Effect.logWarning("The jobs page can't reach the tables of jobs", error.cause),
    new Unavailable({ message: error.message })
  )
