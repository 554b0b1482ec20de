/**
 * The groups that jobs are inserted in. Those with a key have groups of their own, as a key can be in the hands of a
 * transaction that does not end: such a job waits by itself, and holds up nobody else.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { isKeyLocked, isRefused } from "../store/certain.ts"
import type { AcceptedJob, NewJob } from "../store/operations.ts"
import type { OtherDatabase } from "../store/other-database.ts"
import { outliving } from "../transaction.ts"
import { type Answer, type Group, makeGroup } from "./group.ts"
import type { Insertion } from "./insertion.ts"

type Failure = SqlError | OtherDatabase

/** Groups of jobs to be inserted. */
export type SubmitGroups = Group<NewJob, AcceptedJob, Failure>

/** Characters of payloads in one statement. */
export const mostCharacters = 8_000_000

/** So many jobs at a time wait for the end of a transaction that has their key, each with a connection. */
const mostWaiting = 2

/** Groups over these insertions; when the scope closes, what was handed in is written first. */
export const makeSubmitGroups = (
  { alone, hasty }: Insertion,
  groupSize: number
): Effect.Effect<SubmitGroups, never, Scope.Scope> =>
  Effect.gen(function* () {
    const options = {
      most: groupSize,
      sizeOf: ({ payload }: NewJob) => payload.length,
      mostSize: mostCharacters
    }
    const plain = yield* makeGroup<NewJob, AcceptedJob, Failure>({ ...options, write: alone, isRefused: is(isRefused) })
    const keyed = yield* makeGroup<NewJob, AcceptedJob, Failure>({
      ...options,
      write: hasty,
      isRefused: (error) => is(isRefused)(error) || is(isKeyLocked)(error)
    })
    const fork = Runtime.runFork(yield* outliving(Effect.runtime<never>()))
    const waiting = yield* Effect.makeSemaphore(mostWaiting)
    const orWait =
      (job: NewJob, answer: Answer<AcceptedJob, Failure>): Answer<AcceptedJob, Failure> =>
      (exit) =>
        isLocked(exit)
          ? fork(waiting.withPermits(1)(Effect.flatMap(alone([job]), first))).addObserver(answer)
          : answer(exit)
    return {
      add: (job, answer) =>
        job.dedupeKey === undefined && job.unique === undefined
          ? plain.add(job, answer)
          : keyed.add(job, orWait(job, answer))
    }
  })

const is =
  (test: (error: SqlError) => boolean) =>
  (error: Failure): boolean =>
    error._tag === "SqlError" && test(error)

const isLocked = (exit: Exit.Exit<unknown, Failure>): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), is(isKeyLocked))

const first = ([accepted]: ReadonlyArray<AcceptedJob>): Effect.Effect<AcceptedJob> =>
  accepted === undefined ? Effect.dieMessage("The tables gave no answer") : Effect.succeed(accepted)
