/**
 * What becomes of a job when its handler has ended: completed, back to wait, dead, or handed over. One transaction
 * decides; what is recorded follows it, and only if this run was still the one that held the job.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { MetricsService } from "../../observe/metrics.ts"
import { ofExit } from "../../observe/track/outcome-of.ts"
import { AttemptFailed, describe, nameable } from "./attempt.ts"
import { pauseAfter } from "./backoff.ts"
import type { JobsSettings } from "./config.ts"
import type { RegisteredHandler } from "./handlers.ts"
import type { Recorder } from "./record.ts"
import { attempt, type AttemptEnding, type RunningJob } from "./run.ts"
import { isRefused } from "./store/certain.ts"
import type { ClaimedJob } from "./store/claim.ts"
import type { FailureRecord, Settlement } from "./store/settle.ts"
import type { JobStore } from "./store.ts"
import { defectReason } from "../../observe/catalogue/error-name.ts"

/** What a run is concluded with. */
export interface RunOptions {
  readonly handler: RegisteredHandler
  readonly store: typeof JobStore.Service
  readonly recorder: Recorder
  readonly settings: JobsSettings
}

/**
 * Runs a job from its claim to its end; gives how it was settled, nothing when another run or a cancellation was first
 * or the store could not be reached. Must run where nothing interrupts it.
 */
export const runJob = (
  running: RunningJob,
  options: RunOptions
): Effect.Effect<Option.Option<Settlement>, never, MetricsService> =>
  Effect.suspend(() => {
    const { job } = running
    const { handler, recorder, settings } = options
    let settled: Settlement | undefined
    const once = Effect.gen(function* () {
      const ended = yield* attempt(running, handler, settings)
      const settlement = yield* settlementOf(job, handler, ended)
      settled = settlement === undefined ? undefined : yield* write(job, settlement, options)
      if (settled === undefined || settled._tag === "Released") {
        return "elsewhere" as const
      }
      return yield* settled === settlement ? asTracked(ended) : Effect.fail(unwritable)
    })
    return Effect.gen(function* () {
      yield* job.isRedelivered ? recorder.redelivered(job) : Effect.void
      const watch = yield* recorder.begin({
        jobType: job.jobType,
        operation: "process",
        priority: job.priority,
        // A redelivery is no attempt after the first: it is counted by itself.
        attempt: job.isRedelivered ? undefined : job.attempt,
        enqueuedAt: job.acceptedAt,
        deliverAt: job.dueAt,
        // Cancellations are counted by the tracked `cancel`; a hand-over is none.
        interruption: "elsewhere"
      })
      const exit = yield* Effect.exit(once)
      if (Exit.isSuccess(exit) && exit.value === "elsewhere") {
        watch.endUncounted()
      } else {
        watch.end(ofExit(exit), settled?._tag === "Dead")
      }
      yield* recordEnd(recorder, job, settled)
      return Option.fromNullable(settled)
    })
  })

/** What to do with the job; nothing when its cancellation has been written already. */
const settlementOf = (
  job: ClaimedJob,
  handler: RegisteredHandler,
  { ending, exit }: AttemptEnding
): Effect.Effect<Settlement | undefined> =>
  Effect.gen(function* () {
    if (ending === "cancelled") {
      return undefined
    }
    if (Option.isSome(exit) && Exit.isSuccess(exit.value)) {
      return { _tag: "Completed", result: exit.value.value }
    }
    const failure = failureOf(ending, exit)
    if (failure === undefined) {
      return { _tag: "Released" }
    }
    if (!failure.isRetryable || job.attempt >= handler.maxAttempts) {
      return { _tag: "Dead", failure }
    }
    const pause = yield* pauseAfter(job.attempt, handler.backoff)
    return { _tag: "Retrying", failure, dueAt: (yield* Clock.currentTimeMillis) + pause }
  })

/** How the attempt failed; nothing when it was interrupted so that the job can go on elsewhere. */
const failureOf = (
  ending: AttemptEnding["ending"],
  exit: AttemptEnding["exit"]
): (FailureRecord & { readonly isRetryable: boolean }) | undefined => {
  const cause = Option.isSome(exit) && Exit.isFailure(exit.value) ? exit.value.cause : Cause.empty
  const failure = Cause.failureOption(cause)
  const defect = Cause.dieOption(cause)
  if (ending !== "timedOut" && Option.isSome(failure)) {
    return failure.value
  }
  if (ending !== "timedOut" && Option.isSome(defect)) {
    return { reason: nameable(defectReason(defect.value)), message: describe(defect.value), isRetryable: true }
  }
  return ending === "handedOver" ? undefined : unfinished(ending)
}

const unfinished = (ending: AttemptEnding["ending"]): AttemptFailed =>
  ending === "timedOut"
    ? new AttemptFailed({ reason: "Timeout", message: "The attempt took longer than its timeout", isRetryable: true })
    : new AttemptFailed({ reason: "Interrupted", message: "The handler interrupted itself", isRetryable: true })

/** The attempt as `trackJob` is to see it: its success, its named failure, or its defect. */
const asTracked = ({ ending, exit }: AttemptEnding): Effect.Effect<void, AttemptFailed> => {
  if (Option.isSome(exit) && Exit.isSuccess(exit.value)) {
    return Effect.void
  }
  const cause = Option.isSome(exit) && Exit.isFailure(exit.value) ? exit.value.cause : Cause.empty
  const isOwn = ending !== "timedOut" && !Cause.isInterruptedOnly(cause)
  return isOwn ? Effect.failCause(cause) : Effect.fail(unfinished(ending))
}

/** Writes the end of a run; what was written, nothing when the run had lost its job or the store was not reached. */
const write = (job: ClaimedJob, settlement: Settlement, options: RunOptions): Effect.Effect<Settlement | undefined> =>
  Effect.matchEffect(options.store.settle(job, settlement), {
    onSuccess: (isOurs) => Effect.succeed(isOurs ? settlement : undefined),
    onFailure: (error) => {
      const isHopeless = isRefused(error) && !isUnwritable(settlement)
      const follows = isHopeless ? "it becomes a dead letter" : "it will be redelivered"
      return Effect.logError(
        `The end of a run (${settlement._tag}) could not be written; the job: ${follows}`,
        error
      ).pipe(
        Effect.annotateLogs({ jobId: job.id, jobType: job.jobType }),
        Effect.zipRight(
          isHopeless ? write(job, { _tag: "Dead", failure: unwritable }, options) : Effect.succeed(undefined)
        )
      )
    }
  })

const unwritable = new AttemptFailed({
  reason: "Unwritable",
  message: "The database refused what the run ended with; the log says why",
  isRetryable: false
})

const isUnwritable = (settlement: Settlement): boolean =>
  settlement._tag === "Dead" && settlement.failure === unwritable

const recordEnd = (recorder: Recorder, job: ClaimedJob, settled: Settlement | undefined): Effect.Effect<void> => {
  switch (settled?._tag) {
    case "Completed":
      return recorder.attempts(job, job.attempt)
    case "Dead":
      return Effect.zipRight(
        recorder.attempts(job, job.attempt),
        recorder.deadLettered(job.jobType, settled.failure.reason)
      )
    default:
      return Effect.void
  }
}
