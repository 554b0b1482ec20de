/** Jobs on their way into the tables: by themselves, or in the caller's transaction, which may still be rolled back. */
import * as Effect from "effect/Effect"
import type { SqlError } from "@effect/sql/SqlError"
import type { AcceptedJob, CallerOperations, NewJob, RunnerOperations } from "../store/operations.ts"
import type { OtherDatabase } from "../store/other-database.ts"
import { LocalRunners } from "./local-runners.ts"

/** The part of the tables that submits need. */
export type SubmitTables = Pick<CallerOperations, "insert"> & Pick<RunnerOperations, "groupSize" | "hintChannel">

type Inserted = Effect.Effect<ReadonlyArray<AcceptedJob>, SqlError | OtherDatabase>

/** Inserts jobs, all or none, and wakes runners. */
export interface Insertion {
  /** Committed when it has ended. */
  readonly alone: (jobs: ReadonlyArray<NewJob>) => Inserted
  /** The same, and fails soon where another transaction has a key of these. */
  readonly hasty: (jobs: ReadonlyArray<NewJob>) => Inserted
  readonly inTransaction: (jobs: ReadonlyArray<NewJob>) => Inserted
}

/** The insertion into these tables. */
export const makeInsertion = (tables: SubmitTables): Effect.Effect<Insertion> =>
  Effect.gen(function* () {
    const runners = yield* LocalRunners
    const clock = yield* Effect.clock
    const tell = Effect.sync(() => runners.forEach((runner) => runner.waiting()))
    let hintedAt = Number.NEGATIVE_INFINITY
    const isHintDue = (): boolean => {
      const now = Number(clock.unsafeCurrentTimeNanos()) / 1e6
      const isDue = now - hintedAt >= hintPauseMs
      hintedAt = isDue ? now : hintedAt
      return isDue
    }
    const alone = (isHasty: boolean) => (jobs: ReadonlyArray<NewJob>) =>
      Effect.zipLeft(tables.insert(jobs, { isInTransaction: false, hint: true, isHasty }), tell)
    return {
      alone: alone(false),
      hasty: alone(true),
      inTransaction: (jobs) =>
        Effect.zipLeft(
          Effect.suspend(() => tables.insert(jobs, { isInTransaction: true, hint: isHintDue() })),
          // A database without hints has one writer: a runner that looks now waits for the commit.
          tables.hintChannel === undefined ? tell : Effect.void
        )
    }
  })

/** Commits that hint wait for each other: of many transactions, one in so many milliseconds does. */
const hintPauseMs = 5
