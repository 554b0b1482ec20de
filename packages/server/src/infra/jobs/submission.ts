/** From what a caller wants to what a lane accepts: the payload as text, the id, the lane, the time. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { describe } from "./attempt.ts"
import type { JobsSettings } from "./config.ts"
import { JobError } from "./error.ts"
import * as Id from "./id.ts"
import type { Job } from "./job.ts"
import { laneOf } from "./lane-id.ts"
import type { Priority } from "./priority.ts"
import type { Submission } from "./store/accept.ts"

/** How to submit a job. */
export interface SubmitOptions {
  readonly priority?: Priority | undefined
  /** While a job of the same type with this key is alive, submitting another gives the id of that one. */
  readonly dedupeKey?: string | undefined
  /** Not before this much time has passed. */
  readonly delay?: Duration.DurationInput | undefined
  /** Not before this time, in epoch milliseconds. */
  readonly at?: number | undefined
}

/** A job to be submitted. */
export interface Order<Type extends string, P, A, E> {
  readonly job: Job<Type, P, A, E>
  readonly payload: P
  readonly options: SubmitOptions
}

/** Fails with what the caller can fix; nothing of it has reached a lane then. */
export const submissionOf = <Type extends string, P, A, E>(
  { job, options, payload }: Order<Type, P, A, E>,
  settings: JobsSettings
): Effect.Effect<Submission, JobError> =>
  Effect.gen(function* () {
    const refuse = (message: string) => new JobError({ reason: "Validation", message, jobType: job.type })
    const text = yield* Effect.mapError(job.payload.encode(payload), (error) => refuse(describe(error)))
    if (text.length > settings.maxPayloadLength) {
      return yield* refuse(`The payload has ${text.length} characters; the limit is ${settings.maxPayloadLength}`)
    }
    const { dedupeKey } = options
    if (dedupeKey !== undefined && (dedupeKey.length > 512 || describe(dedupeKey) !== dedupeKey)) {
      return yield* refuse("A dedupe key is at most 512 characters, and well-formed text")
    }
    const transaction = yield* Effect.serviceOption(SqlClient.TransactionConnection)
    if (Option.isSome(transaction)) {
      return yield* refuse(
        "A job can't be submitted inside a transaction: its runner would not see it, and wait for it"
      )
    }
    const now = yield* Clock.currentTimeMillis
    const id = yield* Id.make
    const deliverAt = options.delay === undefined ? options.at : now + Duration.toMillis(options.delay)
    if (deliverAt !== undefined && !Number.isSafeInteger(Math.round(deliverAt))) {
      return yield* refuse("The time of delivery is no time")
    }
    return {
      id,
      jobType: job.type,
      lane: laneOf(dedupeKey === undefined ? id : `${job.type} ${dedupeKey}`, settings.lanes),
      priority: options.priority ?? job.priority,
      payload: text,
      dedupeKey,
      deliverAt: deliverAt === undefined ? undefined : Math.round(deliverAt)
    }
  })
