/**
 * A handler at work on one job: under the attempt's timeout and the runner's orders. It leaves what becomes of the job
 * to `conclude`.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import { AttemptFailed } from "./attempt.ts"
import type { JobsSettings } from "./config.ts"
import type { RegisteredHandler } from "./handlers.ts"
import type { ClaimedJob } from "./store/claim.ts"

/** Why a handler was interrupted, or that it was not. */
export type Ending = "exited" | "timedOut" | "cancelled" | "handedOver"

/** How many handlers of a kind go on although they were interrupted, and are left to themselves. */
export interface LeftBehind {
  abandoned: number
}

/** A run of a job, as the dispatcher holds it. */
export interface RunningJob {
  readonly job: ClaimedJob
  readonly leftBehind: LeftBehind
  readonly ending: Deferred.Deferred<Ending>
  /** Done when nothing of the run is left but a handler that could not be interrupted. */
  readonly ended: Deferred.Deferred<void>
}

/** How a handler ended: its exit is absent when it could not be interrupted. */
export interface AttemptEnding {
  readonly ending: Ending
  readonly exit: Option.Option<Exit.Exit<string, AttemptFailed>>
}

/** A run that has not begun. */
export const makeRun = (job: ClaimedJob, leftBehind: LeftBehind): RunningJob => ({
  job,
  leftBehind,
  ending: Deferred.unsafeMake(FiberId.none),
  ended: Deferred.unsafeMake(FiberId.none)
})

/** Orders a run to stop; the first order counts. */
export const stop = (running: RunningJob, why: "cancelled" | "handedOver"): Effect.Effect<void> =>
  Effect.asVoid(Deferred.succeed(running.ending, why))

export const stopAll = (runs: ReadonlyArray<RunningJob>, why: "cancelled" | "handedOver"): Effect.Effect<void> =>
  Effect.forEach(runs, (running) => stop(running, why), { discard: true })

/** Runs the handler. Never fails and can't be interrupted, except through `stop`. */
export const attempt = (
  { ending, job, leftBehind }: RunningJob,
  handler: RegisteredHandler,
  settings: JobsSettings
): Effect.Effect<AttemptEnding> => {
  const refused = refusal(job, settings)
  if (refused !== undefined) {
    return Effect.succeed({ ending: "exited", exit: Option.some(Exit.fail(refused)) })
  }
  return Effect.uninterruptible(
    Effect.gen(function* () {
      const fiber = yield* Effect.forkDaemon(Effect.interruptible(handle(job, handler, settings)))
      fiber.addObserver(() => Deferred.unsafeDone(ending, Effect.succeed("exited")))
      const timer = yield* startTimer(ending, Duration.decode(handler.timeout))
      const how = yield* Deferred.await(ending)
      yield* Option.match(timer, { onNone: () => Effect.void, onSome: Fiber.interruptFork })
      if (how === "exited") {
        return { ending: how, exit: Option.some(yield* fiber.await) }
      }
      yield* Fiber.interruptFork(fiber)
      const exit = yield* Effect.timeoutOption(Effect.interruptible(fiber.await), settings.interruptGrace)
      if (Option.isNone(exit)) {
        leftBehind.abandoned += 1
        fiber.addObserver(() => (leftBehind.abandoned -= 1))
        yield* Effect.logWarning(
          `A handler of "${job.jobType}" did not end when it was interrupted (${how}); it is left to itself`
        ).pipe(Effect.annotateLogs({ jobId: job.id }))
      }
      return { ending: how, exit }
    })
  )
}

const handle = (
  job: ClaimedJob,
  handler: RegisteredHandler,
  settings: JobsSettings
): Effect.Effect<string, AttemptFailed> =>
  Effect.suspend(() =>
    handler.run(job.payload, {
      jobId: job.id,
      jobType: job.jobType,
      priority: job.priority,
      attempt: job.attempt,
      maxAttempts: handler.maxAttempts,
      isRedelivered: job.isRedelivered,
      acceptedAt: job.acceptedAt
    })
  ).pipe(
    Effect.filterOrFail(
      (result) => result.length <= settings.maxPayloadLength,
      (result) => tooLong("result", result, settings)
    ),
    Effect.mapError((failure) =>
      (failure.encoded?.length ?? 0) > settings.maxPayloadLength ? unencoded(failure) : failure
    ),
    Effect.annotateLogs({ jobId: job.id, jobType: job.jobType, attempt: job.attempt }),
    // How it ends is looked at, and recorded.
    Effect.withUnhandledErrorLogLevel(Option.none())
  )

/** A failure whose typed error is too long to keep. */
const unencoded = ({ isRetryable, message, reason }: AttemptFailed): AttemptFailed =>
  new AttemptFailed({ reason, message, isRetryable })

const tooLong = (what: "payload" | "result", text: string, { maxPayloadLength }: JobsSettings): AttemptFailed =>
  new AttemptFailed({
    reason: "Validation",
    message: `The ${what} has ${text.length} characters; the limit is ${maxPayloadLength}`,
    isRetryable: false
  })

const startTimer = (
  ending: Deferred.Deferred<Ending>,
  timeout: Duration.Duration
): Effect.Effect<Option.Option<Fiber.RuntimeFiber<unknown>>> =>
  Duration.isFinite(timeout)
    ? Effect.asSome(
        Effect.forkDaemon(Effect.interruptible(Effect.delay(Deferred.succeed(ending, "timedOut"), timeout)))
      )
    : Effect.succeedNone

/** What must not reach a handler: a payload that is too long to handle, a job that takes its runners down. */
const refusal = (job: ClaimedJob, settings: JobsSettings): AttemptFailed | undefined => {
  if (job.losses >= settings.maxLosses) {
    const message = `Its runner was lost ${job.losses} times in a row while it ran`
    return new AttemptFailed({ reason: "RunnerUnavailable", message, isRetryable: false })
  }
  if (job.payload.length > settings.maxPayloadLength) {
    return tooLong("payload", job.payload, settings)
  }
  return undefined
}
