/**
 * Submits jobs one by one: in the caller's transaction where there is one, else in groups. What was done outside of
 * transactions is counted here, after its commit; what was done in them, by a runner.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { JobError } from "../error.ts"
import type { AcceptedJob, NewJob } from "../store/operations.ts"
import { isInTransaction } from "../transaction.ts"
import type { Insertion } from "./insertion.ts"
import type { Kind, Recorder, Recording } from "./recorder.ts"
import { reached, refusalOf } from "./refusal.ts"
import { makeSubmitGroups, type SubmitGroups } from "./submit-groups.ts"

/** What submits are made with. */
export interface SubmitterOptions {
  readonly insertion: Insertion
  readonly recorder: Recorder
  readonly doubts: SubmitDoubts
  /** The most jobs of one group. */
  readonly groupSize: number
}

/** Submits a job as soon as it is made; what it fails with before is counted too. */
export type Submitter = (kind: Kind, job: Effect.Effect<NewJob, JobError>) => Effect.Effect<AcceptedJob, JobError>

/** A submitter; when its scope closes, what waits is written first. */
export const makeSubmitter = ({
  doubts,
  groupSize,
  insertion,
  recorder
}: SubmitterOptions): Effect.Effect<Submitter, never, Scope.Scope> =>
  Effect.map(
    makeSubmitGroups(insertion, groupSize),
    // What is begun is ended, also where an interruption comes at once.
    (groups) => (kind, job) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(isInTransaction, (isInside) => {
          const recording = recorder("submit", kind)
          return isInside
            ? Effect.onExit(restore(inside(insertion, job)), (exit) =>
                Effect.sync(() => concludeInTransaction(recording, exit))
              )
            : outside(groups, recording, { job, restore, doubts })
        })
      )
  )

/** Looks for jobs of which it is not known whether they were accepted. */
export type SubmitDoubts = (ids: ReadonlyArray<string>, recording: Recording) => void

interface Submission {
  readonly doubts: SubmitDoubts
  readonly job: Effect.Effect<NewJob, JobError>
  readonly restore: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

const outside = (
  groups: SubmitGroups,
  recording: Recording,
  { doubts, job, restore }: Submission
): Effect.Effect<AcceptedJob, JobError> => {
  let isHandedIn = false
  const handIn = (ready: NewJob) =>
    Effect.async<AcceptedJob, JobError>((resume) => {
      isHandedIn = true
      const takeBack = groups.add(ready, (exit) => {
        const answer = Exit.mapError(exit, refusalOf)
        conclude(recording, answer)
        if (isUnknown(answer)) {
          doubts([ready.id], recording)
        }
        resume(answer)
      })
      // Whoever leaves too late leaves the job to its write, which counts it.
      return Effect.sync(() => {
        if (takeBack()) {
          recording.interrupted()
        }
      })
    })
  return Effect.onExit(restore(Effect.flatMap(job, handIn)), (exit) =>
    Effect.sync(() => {
      if (!isHandedIn) {
        conclude(recording, exit)
      }
    })
  )
}

const inside = (
  insertion: Insertion,
  submission: Effect.Effect<NewJob, JobError>
): Effect.Effect<AcceptedJob, JobError> =>
  submission.pipe(
    Effect.flatMap((job) => reached(insertion.inTransaction([job]))),
    Effect.flatMap(([accepted]) =>
      accepted === undefined ? Effect.dieMessage("The tables gave no answer") : Effect.succeed(accepted)
    )
  )

const conclude = (recording: Recording, exit: Exit.Exit<AcceptedJob, JobError>): void => {
  if (Exit.isFailure(exit)) {
    concludeFailure(recording, exit.cause)
  } else if (exit.value.isDuplicate) {
    recording.dropped()
    recording.duplicates(1)
  } else {
    recording.succeeded()
  }
}

/** Whether it is not known what became of a write. */
export const isUnknown = (exit: Exit.Exit<unknown, JobError>): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), ({ reason }) => reason === "RunnerUnavailable")

/** Of a transaction that may still be rolled back: only what failed is counted. */
export const concludeInTransaction = (recording: Recording, exit: Exit.Exit<unknown, JobError>): void =>
  Exit.isSuccess(exit) ? recording.dropped() : concludeFailure(recording, exit.cause)

/** What did not succeed. */
export const concludeFailure = (recording: Recording, cause: Cause.Cause<JobError>): void =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => recording.interrupted(),
    onSome: (error) => recording.failed(error)
  })
