/**
 * The definition of a kind of job: its payload, success and error as schemas, and how it is to be run. A handler is
 * registered for it as a layer; whoever submits needs the definition alone.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Cron from "effect/Cron"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { OptionsError } from "../../../observe/instrument/options-error.ts"
import { checked, text } from "../options.ts"
import { outliving } from "../transaction.ts"
import { type Attempt, type AttemptFailed, failed, invalid } from "./attempt.ts"
import { type AttemptScope, closing, forking } from "./attempt-fiber.ts"
import { backoffSettings } from "./backoff.ts"
import { type Codec, codec } from "./codec.ts"
import { JobHandlers } from "./handlers.ts"
import { type AttemptOptions, type JobKind, kindChecks } from "./kind.ts"
import { clusterLimits, type LimitOptions } from "./limits.ts"
import type { Priority } from "./priority.ts"
import { JobSchedules } from "./schedules.ts"

/** How to define a kind of job. */
export interface JobOptions<Type extends string, P, PI, A, AI, E, EI> extends AttemptOptions {
  /** Its name in the tables and in the label `job_type`: one of a small, closed set, never made of data. */
  readonly type: Type
  /** The schema of the payload; its encoded form is stored as JSON. */
  readonly payload: Schema.Schema<P, PI>
  /** What a handler gives; `Schema.Void` for nothing. */
  readonly success: Schema.Schema<A, AI>
  /** How a handler fails; `Schema.Never` for not at all. */
  readonly error: Schema.Schema<E, EI>
  /** The class of a job that is submitted without one; normal unless given. */
  readonly priority?: Priority | undefined
  /** How many of them one runner runs at once; 16 unless given. */
  readonly concurrency?: number | undefined
  /** Limits across all runners; none unless given. */
  readonly limits?: LimitOptions<P> | undefined
  /** Whether another attempt can help after this error; always unless given. */
  readonly isRetryable?: ((error: E) => boolean) | undefined
}

/** What a handler does with one job. */
export type Handler<P, A, E, R> = (payload: P, attempt: Attempt) => Effect.Effect<A, E, R>

/** How to submit a job by the clock. */
export interface ScheduleOptions<P> {
  /** What is submitted at a tick, which is given in epoch milliseconds. */
  readonly payload: (tick: number) => P
  /** Tells schedules of one kind of job apart; nothing unless given. */
  readonly name?: string | undefined
}

/** A kind of job without a payload needs no options. */
export type ScheduleArguments<P> = [P] extends [void]
  ? readonly [options?: Partial<ScheduleOptions<P>>]
  : readonly [options: ScheduleOptions<P>]

/** A kind of job. */
export interface Job<Type extends string, in out P, in out A, in out E> extends JobKind<P> {
  /** Its name in the tables and in the label `job_type`. */
  readonly type: Type
  /** Turns results into text and back. */
  readonly success: Codec<A>
  /** Turns typed errors into text and back. */
  readonly error: Codec<E>
  /**
   * Registers the handler on this runner for as long as the layer lives. When it goes, the attempts that run are
   * interrupted and their jobs handed over. An attempt has a scope of its own. Fails with an option that makes no
   * sense.
   */
  readonly toLayer: <R>(
    handler: Handler<P, A, E, R>
  ) => Layer.Layer<never, OptionsError, JobHandlers | Exclude<R, Scope.Scope>>
  /**
   * Submits one at each tick of a cron expression for as long as the layer lives, once in the cluster; each tick is one
   * job, however often it is told. A tick at which nothing could be submitted for a minute is skipped and counted as
   * failed.
   */
  readonly schedule: (
    cron: Cron.Cron | string,
    ...options: ScheduleArguments<P>
  ) => Layer.Layer<never, OptionsError, JobSchedules>
}

/** Defines a kind of job. */
export const make = <const Type extends string, P, PI, A, AI, E, EI>(
  options: JobOptions<Type, P, PI, A, AI, E, EI>
): Job<Type, P, A, E> => {
  const checks = kindChecks(options)
  const kind: JobKind<P> = {
    type: options.type,
    priority: options.priority ?? "normal",
    payload: codec(options.payload),
    limits: options.limits,
    backoff: options.backoff,
    checks
  }
  const codecs = { payload: kind.payload, success: codec(options.success), error: codec(options.error) }
  const isRetryable = options.isRetryable ?? (() => true)
  const toLayer = <R>(handler: Handler<P, A, E, R>) =>
    Layer.scopedDiscard(
      Effect.gen(function* () {
        yield* checked(checks)
        const handlers = yield* JobHandlers
        const context = yield* outliving(Effect.context<Exclude<R, Scope.Scope>>())
        yield* handlers.register({
          type: options.type,
          concurrency: options.concurrency ?? 16,
          maxAttempts: options.maxAttempts ?? 5,
          timeout: Duration.decode(options.timeout ?? "10 minutes"),
          backoff: backoffSettings(options.backoff),
          limits: clusterLimits(options.limits),
          fork: forking<R>(context, (text, attempt, scope) =>
            handle({ codecs, handler, isRetryable }, text, { attempt, scope })
          )
        })
      })
    )
  return {
    ...kind,
    ...codecs,
    type: options.type,
    toLayer,
    schedule: (cron, ...[how]) => scheduled(kind, cron, how ?? {})
  }
}

interface Handling<P, A, E, R> {
  readonly codecs: { readonly payload: Codec<P>; readonly success: Codec<A>; readonly error: Codec<E> }
  readonly handler: Handler<P, A, E, R>
  readonly isRetryable: (error: E) => boolean
}

const handle = <P, A, E, R>(
  { codecs, handler, isRetryable }: Handling<P, A, E, R>,
  text: string,
  { attempt, scope }: { readonly attempt: Attempt; readonly scope: AttemptScope }
): Effect.Effect<string, AttemptFailed, R> =>
  Effect.matchEffect(Effect.interruptible(codecs.payload.decode(text)), {
    onFailure: (error) => Effect.fail(invalid("payload")(error)),
    onSuccess: (input) =>
      Effect.matchCauseEffect(closing(handler(input, attempt), scope), {
        // The typed error says how the attempt failed, also where a finalizer died after it.
        onFailure: (cause) =>
          Either.match(Cause.failureOrCause(cause), {
            onLeft: (error) => Effect.interruptible(failed(codecs.error, error, isRetryable(error))),
            onRight: Effect.failCause
          }),
        onSuccess: (output) => Effect.interruptible(Effect.mapError(codecs.success.encode(output), invalid("result")))
      })
  })

const scheduled = <P>(
  kind: JobKind<P>,
  cron: Cron.Cron | string,
  { name = "", payload }: Partial<ScheduleOptions<P>>
): Layer.Layer<never, OptionsError, JobSchedules> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      yield* checked([...kind.checks, text(`${kind.type}.schedule.name`, name === "" ? undefined : name, 120)])
      const schedules = yield* JobSchedules
      const parsed = yield* Cron.isCron(cron)
        ? Either.right(cron)
        : Either.mapLeft(Cron.parse(cron), ({ message }) =>
            OptionsError.of({
              option: `${kind.type}.schedule`,
              given: cron,
              expected: `a cron expression: ${message}`
            })
          )
      yield* schedules.register({ kind, name, cron: parsed, payload })
    })
  )
