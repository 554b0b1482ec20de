/** Waiting with a limit, in a finalizer too, where nothing can be interrupted and a plain timeout would wait for ever. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** What the effect gives, or nothing when it takes longer; it is then interrupted, and its end is not waited for. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  limit: Duration.DurationInput
): Effect.Effect<Option.Option<A>, E, R> => Effect.timeoutOption(Effect.interruptible(Effect.disconnect(effect)), limit)
