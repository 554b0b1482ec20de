/**
 * Cancels and replays jobs: in the caller's transaction where there is one, and then nothing is counted or interrupted
 * before a runner has seen the commit.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { JobError } from "../error.ts"
import { currentTraceparent, idAttribute, replaying } from "../spans.ts"
import type {
  CallerOperations,
  CallOptions,
  JobStatus,
  ReadOperations,
  ReplayedJob,
  RunnerOperations
} from "../store/operations.ts"
import { isInTransaction } from "../transaction.ts"
import type { Doubt, Doubts } from "./doubts.ts"
import type { LocalRunner } from "./local-runners.ts"
import type { Recorder, Recording } from "./recorder.ts"
import { found, reached } from "./refusal.ts"
import { concludeFailure, concludeInTransaction, isUnknown } from "./submitter.ts"

/** What changes are made with. */
export interface ChangeOptions {
  readonly tables: Pick<CallerOperations, "cancel" | "changed" | "replay"> &
    Pick<ReadOperations, "status"> &
    Pick<RunnerOperations, "hintChannel">
  readonly recorder: Recorder
  readonly doubts: Doubts
  readonly runners: ReadonlySet<LocalRunner>
}

/** Changes of one job. */
export interface Changes {
  readonly cancel: (id: string) => Effect.Effect<void, JobError>
  readonly replay: (id: string) => Effect.Effect<void, JobError>
  /** One of many: in the span of all, and in none of its own. */
  readonly replayWithin: (id: string) => Effect.Effect<void, JobError>
}

/** The changes of these tables. */
export const makeChanges = (options: ChangeOptions): Changes => {
  const { runners, tables } = options
  return {
    cancel: (id) =>
      change(options, id, {
        operation: "cancel",
        make: (how) => orRefused(options, id, { made: reached(tables.cancel(id, how)), refusal: notAlive }),
        // A database without hints has one writer: a runner that looks now waits for the commit.
        perhapsMade: () => {
          if (tables.hintChannel === undefined) {
            runners.forEach((runner) => runner.perhapsCancelled())
          }
        },
        made: (cancelled, recording) => {
          recording.succeeded()
          if (cancelled.attempts > 0) {
            recording.attempts(cancelled.attempts)
          }
          runners.forEach((runner) => runner.cancelled([id]))
        }
      }),
    replay: (id) =>
      change(options, id, {
        ...replayOf(options, id),
        within: (made, jobType) => replaying(made, { jobType, attributesOf: () => idAttribute(id) })
      }),
    replayWithin: (id) => change(options, id, replayOf(options, id))
  }
}

const replayOf = (options: ChangeOptions, id: string): Change<ReplayedJob> => {
  const { runners, tables } = options
  return {
    operation: "replay",
    make: (how) =>
      Effect.flatMap(currentTraceparent, (traceparent) =>
        orRefused(options, id, { made: reached(tables.replay(id, { ...how, traceparent })), refusal: notDead })
      ),
    perhapsMade: () => {
      if (tables.hintChannel === undefined) {
        runners.forEach((runner) => runner.waiting())
      }
    },
    made: (_, recording) => {
      recording.succeeded()
      runners.forEach((runner) => runner.waiting())
    }
  }
}

interface Change<A> {
  readonly operation: "cancel" | "replay"
  readonly make: (how: CallOptions) => Effect.Effect<A, JobError>
  /** It is part of a transaction. */
  readonly perhapsMade: () => void
  /** It is committed. */
  readonly made: (value: A, recording: Recording) => void
  /** What it is made in, once the type of its job is known. */
  readonly within?: (<E>(made: Effect.Effect<void, E>, jobType: string) => Effect.Effect<void, E>) | undefined
}

const change = <A>(options: ChangeOptions, id: string, change: Change<A>): Effect.Effect<void, JobError> =>
  // What can't be looked up has no type to be counted under.
  Effect.flatMap(found(id, options.tables.status(id)), (job) => {
    const changing = changeFound(options, job, change)
    return change.within === undefined ? changing : change.within(changing, job.jobType)
  })

const changeFound = <A>(
  { doubts, recorder, tables }: ChangeOptions,
  { id, jobType, priority }: JobStatus,
  { make, made, operation, perhapsMade }: Change<A>
): Effect.Effect<void, JobError> =>
  Effect.gen(function* () {
    const isInside = yield* isInTransaction
    const token = globalThis.crypto.randomUUID()
    const changed = make({ isInTransaction: isInside, hint: true, token })
    const concluded = (
      restore: <B, E>(effect: Effect.Effect<B, E>) => Effect.Effect<B, E>,
      conclude: (recording: Recording, exit: Exit.Exit<A, JobError>) => void
    ) =>
      Effect.suspend(() => {
        const recording = recorder(operation, { type: jobType, priority })
        return Effect.onExit(restore(changed), (exit) => Effect.sync(() => conclude(recording, exit)))
      })
    if (isInside) {
      return yield* Effect.zipRight(
        Effect.uninterruptibleMask((restore) => concluded(restore, concludeInTransaction)),
        Effect.sync(perhapsMade)
      )
    }
    // Whoever leaves does not stop it: what it committed would not be counted.
    const fiber = yield* Effect.forkDaemon(
      Effect.uninterruptible(
        concluded(Effect.uninterruptible, (recording, exit) => {
          if (Exit.isSuccess(exit)) {
            return made(exit.value, recording)
          }
          concludeFailure(recording, exit.cause)
          if (isUnknown(exit)) {
            doubts.add(lateChange(operation, { look: tables.changed(operation, id, token), recording }))
          }
        })
      )
    )
    return yield* Effect.asVoid(Fiber.join(fiber))
  })

interface LateChange {
  readonly look: ReturnType<CallerOperations["changed"]>
  readonly recording: Recording
}

/** A change of which it is not known whether it was made. */
const lateChange = (operation: "cancel" | "replay", { look, recording }: LateChange): Doubt => {
  let attempts = 0
  return {
    look: Effect.map(reached(look), (found) => {
      attempts =
        operation === "cancel"
          ? Option.getOrElse(
              Option.map(found, (job) => job.attempts),
              () => 0
            )
          : 0
      return Option.isSome(found)
    }),
    made: () => {
      recording.found()
      if (attempts > 0) {
        recording.attempts(attempts)
      }
    }
  }
}

interface Changing<A> {
  readonly made: Effect.Effect<Option.Option<A>, JobError>
  readonly refusal: (status: JobStatus) => JobError
}

const orRefused = <A>(
  { tables }: ChangeOptions,
  id: string,
  { made, refusal }: Changing<A>
): Effect.Effect<A, JobError> =>
  Effect.flatMap(
    made,
    Option.match({
      onNone: () => Effect.flatMap(found(id, tables.status(id)), (status) => Effect.fail(refusal(status))),
      onSome: Effect.succeed
    })
  )

const notAlive = ({ id: jobId, jobType, state }: JobStatus): JobError =>
  state === "cancelled"
    ? new JobError({ reason: "AlreadyCancelled", message: "The job was cancelled before", jobId, jobType })
    : new JobError({ reason: "NotFound", message: `The job is ${state}: nothing is left to cancel`, jobId, jobType })

const notDead = ({ id: jobId, jobType, state }: JobStatus): JobError =>
  state === "dead"
    ? new JobError({
        reason: "Validation",
        message: "A live job has the same dedupe key, or another call has just replayed it",
        jobId,
        jobType
      })
    : new JobError({ reason: "NotFound", message: `The job is ${state}, not a dead letter`, jobId, jobType })
