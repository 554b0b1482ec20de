/** What Effect itself takes to see every exit: `Effect.onExit` with a finalizer that does nothing. */
import * as Effect from "effect/Effect"

/** The yardstick of the tracked calls. */
export const onExit = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.onExit(effect, () => Effect.void)
