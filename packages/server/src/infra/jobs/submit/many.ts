/** Submits many jobs of one kind: all are made ready before the first is inserted, thousands in a few statements. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { JobError } from "../error.ts"
import type { AcceptedJob, NewJob } from "../store/operations.ts"
import { isInTransaction } from "../transaction.ts"
import type { Insertion } from "./insertion.ts"
import { pause, sliceMs } from "../pause.ts"
import type { Kind, Recorder, Recording } from "./recorder.ts"
import { reached } from "./refusal.ts"
import { mostCharacters } from "./submit-groups.ts"
import { concludeFailure, concludeInTransaction, isUnknown, type SubmitDoubts } from "./submitter.ts"

/** What many are submitted with. */
export interface ManyOptions {
  readonly insertion: Insertion
  readonly doubts: SubmitDoubts
  readonly recorder: Recorder
}

/** Submits many jobs, in the order in which they are made. */
export type SubmitMany = (
  kind: Kind,
  jobs: Iterable<Effect.Effect<NewJob, JobError>>
) => Effect.Effect<ReadonlyArray<AcceptedJob>, JobError>

/** The most jobs of one statement: as many as don't hold up the event loop for long. */
const mostOfStatement = 1000

/** Submits many in statements of a thousand: in the caller's transaction all or none, else each statement by itself. */
export const makeSubmitMany =
  ({ doubts, insertion, recorder }: ManyOptions): SubmitMany =>
  (kind, jobs) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(isInTransaction, (isInside) => {
        const recording = recorder("submit", kind)
        const committed: Array<AcceptedJob> = []
        // What is committed is counted, whoever is interrupted meanwhile.
        const alone = (part: ReadonlyArray<NewJob>) =>
          Effect.uninterruptible(
            Effect.onExit(reached(insertion.alone(part)), (exit) =>
              Effect.sync(() => {
                if (Exit.isSuccess(exit)) {
                  committed.push(...exit.value)
                } else if (isUnknown(exit)) {
                  doubts(
                    part.map(({ id }) => id),
                    recording
                  )
                }
              })
            )
          )
        const insert = isInside ? (part: ReadonlyArray<NewJob>) => reached(insertion.inTransaction(part)) : alone
        // The next is made into text while the database writes; a transaction has one connection.
        const concurrency = isInside ? 1 : 2
        const insertAll = (ready: ReadonlyArray<NewJob>) =>
          Effect.map(
            Effect.forEach(partsOf(ready), (part) => Effect.zipLeft(insert(part), pause), { concurrency }),
            (accepted) => accepted.flat()
          )
        return Effect.onExit(restore(Effect.flatMap(madeReady(jobs), insertAll)), (exit) =>
          Effect.sync(() => (isInside ? concludeInTransaction(recording, exit) : conclude(recording, committed, exit)))
        )
      })
    )

/** All of them, or the first error; the event loop is given back between slices. */
const madeReady = (jobs: Iterable<Effect.Effect<NewJob, JobError>>): Effect.Effect<ReadonlyArray<NewJob>, JobError> =>
  Effect.gen(function* () {
    const ready: Array<NewJob> = []
    let until = performance.now() + sliceMs
    for (const job of jobs) {
      ready.push(yield* job)
      if (performance.now() > until) {
        yield* pause
        until = performance.now() + sliceMs
      }
    }
    return ready
  })

const partsOf = (jobs: ReadonlyArray<NewJob>): ReadonlyArray<ReadonlyArray<NewJob>> => {
  const parts: Array<ReadonlyArray<NewJob>> = []
  for (let from = 0; from < jobs.length;) {
    const to = endOfPart(jobs, from)
    parts.push(jobs.slice(from, to))
    from = to
  }
  return parts
}

const endOfPart = (jobs: ReadonlyArray<NewJob>, from: number): number => {
  let size = 0
  let to = from
  while (to < jobs.length && to - from < mostOfStatement) {
    size += jobs[to]?.payload.length ?? 0
    if (to > from && size > mostCharacters) {
      break
    }
    to += 1
  }
  return to
}

const conclude = (
  recording: Recording,
  accepted: ReadonlyArray<AcceptedJob>,
  exit: Exit.Exit<unknown, JobError>
): void => {
  const duplicates = accepted.filter(({ isDuplicate }) => isDuplicate).length
  if (duplicates > 0) {
    recording.duplicates(duplicates)
  }
  if (accepted.length > duplicates) {
    recording.succeeded(accepted.length - duplicates)
  } else if (Exit.isSuccess(exit)) {
    recording.dropped()
  } else {
    concludeFailure(recording, exit.cause)
  }
}
