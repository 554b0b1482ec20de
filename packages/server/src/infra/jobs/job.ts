/**
 * The definition of a kind of job: its payload, success and error as schemas, and how it is to be run. A handler is
 * registered for it as a layer; whoever submits needs the definition alone.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Attempt, failed, invalid } from "./attempt.ts"
import type { BackoffOptions } from "./backoff.ts"
import { type Codec, codec } from "./codec.ts"
import { JobHandlers } from "./handlers.ts"
import { between, type Check, checked, count, time, timeOrNone } from "./options.ts"
import type { OptionsError } from "../../observe/instrument/options-error.ts"
import type { Priority } from "./priority.ts"

/** How to define a kind of job. */
export interface JobOptions<Type extends string, P, PI, A, AI, E, EI> {
  /** Its name in the tables and in the label `job_type`: one of a small, closed set, never made of data. */
  readonly type: Type
  readonly payload: Schema.Schema<P, PI>
  /** What a handler gives; `Schema.Void` for nothing. */
  readonly success: Schema.Schema<A, AI>
  /** How a handler fails; `Schema.Never` for not at all. */
  readonly error: Schema.Schema<E, EI>
  /** The class of a job that is submitted without one; normal unless given. */
  readonly priority?: Priority | undefined
  /** How many attempts there are before a job is a dead letter; 5 unless given. */
  readonly maxAttempts?: number | undefined
  readonly backoff?: BackoffOptions | undefined
  /** How long one attempt may take; 10 minutes unless given. */
  readonly timeout?: Duration.DurationInput | undefined
  /** How many of them one runner runs at once; 16 unless given. */
  readonly concurrency?: number | undefined
  /** Whether another attempt can help after this error; always unless given. */
  readonly isRetryable?: ((error: E) => boolean) | undefined
}

/** What a handler does with one job. */
export type Handler<P, A, E, R> = (payload: P, attempt: Attempt) => Effect.Effect<A, E, R>

/** A kind of job. */
export interface Job<Type extends string, in out P, in out A, in out E> {
  readonly type: Type
  readonly priority: Priority
  readonly payload: Codec<P>
  readonly success: Codec<A>
  readonly error: Codec<E>
  /**
   * Registers the handler on this runner for as long as the layer lives. When it goes, the attempts that run are
   * interrupted and their jobs handed over. An attempt has a scope of its own. Fails with an option that makes no sense.
   */
  readonly toLayer: <R>(
    handler: Handler<P, A, E, R>
  ) => Layer.Layer<never, OptionsError, JobHandlers | Exclude<R, Scope.Scope>>
}

/** Defines a kind of job. */
export const make = <const Type extends string, P, PI, A, AI, E, EI>(
  options: JobOptions<Type, P, PI, A, AI, E, EI>
): Job<Type, P, A, E> => {
  const payload = codec(options.payload)
  const success = codec(options.success)
  const error = codec(options.error)
  const isRetryable = options.isRetryable ?? (() => true)
  const toLayer = <R>(handler: Handler<P, A, E, R>) =>
    Layer.scopedDiscard(
      Effect.gen(function* () {
        yield* checked(checksOf(options))
        const handlers = yield* JobHandlers
        const context = yield* Effect.context<Exclude<R, Scope.Scope>>()
        yield* handlers.register({
          type: options.type,
          concurrency: options.concurrency ?? 16,
          limits: undefined,
          maxAttempts: options.maxAttempts ?? 5,
          timeout: options.timeout ?? "10 minutes",
          backoff: options.backoff,
          run: (text, attempt) =>
            Effect.gen(function* () {
              const input = yield* Effect.mapError(payload.decode(text), invalid("payload"))
              const output = yield* handler(input, attempt).pipe(
                Effect.scoped,
                // Not `catchAll`, which drops the failure where a finalizer died beside it.
                Effect.catchAllCause((cause) =>
                  Option.match(Cause.failureOption(cause), {
                    onNone: () => Effect.failCause(Cause.stripFailures(cause)),
                    onSome: (failure) => failed(error, failure, isRetryable(failure))
                  })
                )
              )
              return yield* Effect.mapError(success.encode(output), invalid("result"))
            }).pipe(Effect.mapInputContext(() => context))
        })
      })
    )
  return { type: options.type, priority: options.priority ?? "normal", payload, success, error, toLayer }
}

const checksOf = ({ backoff, concurrency, maxAttempts, timeout, type }: RunOptions): ReadonlyArray<Check> => [
  count(`${type}.concurrency`, concurrency),
  count(`${type}.maxAttempts`, maxAttempts),
  time(`${type}.timeout`, timeout),
  timeOrNone(`${type}.backoff.base`, backoff?.base),
  timeOrNone(`${type}.backoff.max`, backoff?.max),
  between(`${type}.backoff.factor`, backoff?.factor, [0, Number.MAX_VALUE]),
  between(`${type}.backoff.jitter`, backoff?.jitter, [0, 1])
]

interface RunOptions {
  readonly type: string
  readonly concurrency?: number | undefined
  readonly maxAttempts?: number | undefined
  readonly timeout?: Duration.DurationInput | undefined
  readonly backoff?: BackoffOptions | undefined
}
