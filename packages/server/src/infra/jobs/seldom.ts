/**
 * Reads that cost much are made seldom, whatever is asked: what is read of millions of jobs leaves time for the jobs.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The part of the time that is given to a read. */
const share = 1 / 20

/** Reads again only after twenty times as long as the last read took, and gives what that one found meanwhile. */
export const seldom = <A, E, R>(read: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.sync(() => {
    let last: { readonly value: A; readonly nextAt: bigint } | undefined
    return Effect.gen(function* () {
      const from = yield* Clock.currentTimeNanos
      if (last !== undefined && from < last.nextAt) {
        return last.value
      }
      const value = yield* read
      const took = Number((yield* Clock.currentTimeNanos) - from)
      last = { value, nextAt: from + BigInt(Math.round(took / share)) }
      return value
    })
  })
