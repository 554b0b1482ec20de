/** What has to be known of a kind of job to submit one. */
import type * as Duration from "effect/Duration"
import { type BackoffOptions, backoffChecks } from "./backoff.ts"
import type { Codec } from "./codec.ts"
import { type LimitOptions, limitChecks } from "./limits.ts"
import { Priority } from "./priority.ts"
import { type Check, count, text, time } from "../options.ts"

/** A kind of job, for whoever submits. */
export interface JobKind<in out P> {
  /** Its name in the tables and in the label `job_type`. */
  readonly type: string
  /** The class of a job that is submitted without one. */
  readonly priority: Priority
  /** Turns payloads into text and back. */
  readonly payload: Codec<P>
  /** Limits across all runners. */
  readonly limits: LimitOptions<P> | undefined
  /** The pauses between attempts. */
  readonly backoff: BackoffOptions | undefined
  /** Whether the options of its definition make sense. @internal */
  readonly checks: ReadonlyArray<Check>
}

/** How the attempts at a job are made: of its definition, or of one submission. */
export interface AttemptOptions {
  /** How many attempts there are before a job is a dead letter; 5 unless given. */
  readonly maxAttempts?: number | undefined
  /** The pauses between attempts. */
  readonly backoff?: BackoffOptions | undefined
  /** How long one attempt may take; 10 minutes unless given, `Infinity` for any time. */
  readonly timeout?: Duration.DurationInput | undefined
}

/** Checks of attempt options; `owner` is what they belong to, a dot after it. */
export const attemptChecks = (owner: string, options: AttemptOptions): ReadonlyArray<Check> => [
  count(`${owner}maxAttempts`, options.maxAttempts),
  time(`${owner}timeout`, options.timeout),
  ...backoffChecks(`${owner}backoff`, options.backoff)
]

/** Checks of a definition. */
export const kindChecks = <P>({
  concurrency,
  limits,
  type,
  ...options
}: AttemptOptions & {
  readonly type: string
  readonly concurrency?: number | undefined
  readonly priority?: Priority | undefined
  readonly limits?: LimitOptions<P> | undefined
}): ReadonlyArray<Check> => [
  text("type", type, longestType),
  priorityCheck(`${type}.priority`, options.priority),
  count(`${type}.concurrency`, concurrency),
  ...attemptChecks(`${type}.`, options),
  ...limitChecks(`${type}.limits`, limits)
]

/** A priority that exists. */
export const priorityCheck = (option: string, given: Priority | undefined): Check => ({
  option,
  given,
  isFit: given === undefined || Priority.literals.includes(given),
  expected: Priority.literals.join(", ")
})

/** The most characters of a type: a label is cut after as many. */
export const longestType = 120
