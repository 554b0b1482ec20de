/** One attempt at a job: what its handler is told of it, and how it can fail. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { attempt } from "../../../observe/catalogue/attempt.ts"
import { failureReason, textOf } from "../../../observe/catalogue/error-name.ts"
import { clean as cleanLabel } from "../../../observe/catalogue/label.ts"
import type { Codec } from "./codec.ts"
import type { Priority } from "./priority.ts"

/** The attempt that a handler runs. */
export interface Attempt {
  /** The id that `submit` gave. */
  readonly jobId: string
  /** The type of the job. */
  readonly jobType: string
  /** The priority that it was submitted with. */
  readonly priority: Priority
  /** The number of the attempt, from 1. A redelivery is not a new attempt and has the same number. */
  readonly attempt: number
  /** The number of attempts before the job becomes a dead letter. */
  readonly maxAttempts: number
  /** Whether an earlier run of this job was lost or stopped. It is unknown how far that run came. */
  readonly isRedelivered: boolean
  /** When the job was accepted, in epoch milliseconds. */
  readonly acceptedAt: number
  /** The W3C trace context of the submit, if it had a span. */
  readonly traceparent: string | undefined
  /** The `tracestate` beside it, if there was one. */
  readonly tracestate: string | undefined
  /**
   * Says how far the attempt has come, from 0 to 1, and in words; `status` shows what was said last. It never fails,
   * gives the attempt no more time, and is written at most a few times a second; of the words 2,000 characters are kept.
   */
  readonly progress: (ratio: number, note?: string) => Effect.Effect<void>
}

/** An attempt failed in a way that has a name; what died keeps its defect. */
export class AttemptFailed extends Data.TaggedError("AttemptFailed")<{
  readonly reason: string
  readonly message: string
  /** The handler's typed error as JSON. */
  readonly encoded?: string | undefined
  readonly isRetryable: boolean
}> {}

/** A handler's typed error becomes a failed attempt, under the error's own reason. */
export const failed = <E>(codec: Codec<E>, error: E, isRetryable: boolean): Effect.Effect<never, AttemptFailed> =>
  Effect.flatMap(Effect.either(codec.encode(error)), (encoded) =>
    thrownAs(
      error,
      new AttemptFailed({
        reason: nameable(failureReason(error)),
        message: describe(error),
        encoded: Either.getOrUndefined(encoded),
        isRetryable
      })
    )
  )

/** With the name and the stack of the handler's own error: the span of the attempt shows them, and so the line of code. */
const thrownAs = (error: unknown, failure: AttemptFailed): AttemptFailed =>
  attempt(() => error instanceof Error) === true
    ? Object.defineProperties(failure, {
        name: { value: textOf(error, "name") ?? failure.name },
        // Only a tracer asks for it, and it is costly to make. What is no text would keep a span from its end.
        stack: { get: () => textOf(error, "stack") ?? "" }
      })
    : failure

/** A payload or result that is not what its schema says: no further attempt can help. */
export const invalid =
  (what: "payload" | "result") =>
  (error: unknown): AttemptFailed =>
    new AttemptFailed({
      reason: "Validation",
      message: `The ${what} is not valid: ${describe(error)}`,
      isRetryable: false
    })

/** A reason as the tables keep it: just what the label `reason` says of it. */
export const nameable = (reason: string): string => cleanLabel(reason) || "Unknown"

/** What an error says, for people to read. */
export const describe = (error: unknown): string =>
  clean(
    Either.getOrElse(
      Either.try(() => wordsOf(error)),
      () => "An error that can't be described"
    )
  )

const wordsOf = (error: unknown): string =>
  error instanceof Error && error.message !== "" ? error.message : typeof error === "string" ? error : inspect(error)

const inspect = (error: unknown): string => JSON.stringify(error) ?? String(error)

/** Text for people to read: its first 2,000 characters, without what a database refuses. */
// Cut first: half of a pair that the cut leaves is made well-formed after it.
export const clean = (text: string): string => text.slice(0, 2000).replaceAll("\u0000", "").toWellFormed()
