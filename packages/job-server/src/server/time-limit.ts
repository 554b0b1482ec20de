/** Waiting with a limit, also in a finalizer, where a plain timeout cannot interrupt and would wait for ever. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** Something took longer than its limit; `message` says what and how long. */
export class TimedOut extends Data.TaggedError("TimedOut")<{ readonly message: string }> {}

/** The result of the effect, or none after the limit: the effect is then interrupted, without waiting for its end. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  limit: Duration.DurationInput
): Effect.Effect<Option.Option<A>, E, R> => Effect.timeoutOption(Effect.interruptible(Effect.disconnect(effect)), limit)
