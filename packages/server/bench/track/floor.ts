/** What Effect itself takes to see how an effect ended: `suspend` and `matchCauseEffect`, and nothing recorded. */
import * as Effect from "effect/Effect"

/** Effect's own floor. */
export const floor = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() =>
    Effect.matchCauseEffect(effect, {
      onFailure: (cause) => Effect.failCause(cause),
      onSuccess: (value) => Effect.succeed(value)
    })
  )

/** The floor of whoever must see interruption too: what `Effect.onExit` does, with nothing recorded. */
export const maskedFloor = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.matchCauseEffect(restore(effect), {
      onFailure: (cause) => Effect.failCause(cause),
      onSuccess: (value) => Effect.succeed(value)
    })
  )
