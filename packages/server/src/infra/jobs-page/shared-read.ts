/** A read that many ask for: one at a time, whose answer all get who ask meanwhile and for a while after it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/** How old an answer may be at least: what takes long is read more seldom. */
const leastMs = 1000
const timesAsLong = 4

/** A shared read. */
export interface SharedRead<A, E> {
  /** What was read last, if that is not long ago. */
  readonly get: Effect.Effect<A, E>
  /** What is read now, after a change. */
  readonly renew: Effect.Effect<A, E>
}

/** Shares a read. It goes on where whoever asked first goes away: others wait for it. */
export const sharedRead = <A, E>(read: Effect.Effect<A, E>): SharedRead<A, E> => {
  let last: { readonly fiber: Fiber.RuntimeFiber<A, E>; until: number } | undefined
  const renew = Effect.gen(function* () {
    const from = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.forkDaemon(
      Effect.onExit(Effect.interruptible(read), (exit) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          begun.until = Exit.isSuccess(exit) ? now + Math.max(leastMs, timesAsLong * (now - from)) : 0
        })
      )
    )
    const begun = { fiber, until: Number.POSITIVE_INFINITY }
    last = begun
    return yield* answerOf(fiber)
  })
  const get = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    last !== undefined && now < last.until ? answerOf(last.fiber) : renew
  )
  return { get, renew }
}

const answerOf = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<A, E> => Effect.flatten(Fiber.await(fiber))
