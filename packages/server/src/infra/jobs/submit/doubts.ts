/**
 * Writes of which it is not known whether they were made: the database went away, and their callers were told so. Once
 * it is back it is looked whether they were, so that what was made is counted, and once.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { JobError } from "../error.ts"
import { outliving } from "../transaction.ts"

/** A write that may have been made. */
export interface Doubt {
  /** Whether it was made. */
  readonly look: Effect.Effect<boolean, JobError>
  /** Told once, if it was. */
  readonly made: () => void
}

/** Writes to be looked for. */
export interface Doubts {
  readonly add: (doubt: Doubt) => void
}

/** How long to wait before the database is asked again. */
const pause = "1 second"

/** What is not there is looked for once more after this: a statement may have outlived its connection. */
const lastLook = "5 seconds"

/** How long it is looked when the scope closes. */
const lastLooks = "2 seconds"

/** Looks for writes in the background, one after the other; when the scope closes, for the last time. */
export const makeDoubts: Effect.Effect<Doubts, never, Scope.Scope> = Effect.gen(function* () {
  const fork = Runtime.runFork(yield* outliving(Effect.runtime<never>()))
  const first: Array<Doubt> = []
  const second: Array<Doubt> = []
  let worker: Fiber.RuntimeFiber<void> | undefined
  /** Those that are not there are given to the other list, if there is one. */
  const lookAt = (doubts: Array<Doubt>, others?: Array<Doubt>): Effect.Effect<void, JobError> =>
    Effect.gen(function* () {
      for (let doubt = doubts[0]; doubt !== undefined; doubt = doubts[0]) {
        const isMade = yield* doubt.look
        doubts.shift()
        if (isMade) {
          doubt.made()
        } else {
          others?.push(doubt)
        }
      }
    })
  const work = Effect.gen(function* () {
    while (first.length + second.length > 0) {
      yield* Effect.sleep(pause)
      const exit = yield* Effect.exit(lookAt(first, second))
      if (Exit.isSuccess(exit) && second.length > 0) {
        yield* Effect.sleep(lastLook)
        yield* Effect.ignore(lookAt(second))
      }
    }
  })
  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      yield* worker === undefined ? Effect.void : Fiber.interrupt(worker)
      const last = Effect.ignore(Effect.zipRight(lookAt(first), lookAt(second)))
      yield* Fiber.await(fork(Effect.timeoutOption(last, lastLooks)))
    })
  )
  return {
    add: (doubt) => {
      first.push(doubt)
      if (worker === undefined) {
        worker = fork(work)
        worker.addObserver(() => {
          worker = undefined
        })
      }
    }
  }
})
