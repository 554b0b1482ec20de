/** Waiting, in real time, until what a test looks at is so: as long as a busy machine needs, and not longer than that. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** Looks again until what is found is right, and returns it; after a minute the last that was found, for the test to tell. */
export const eventually = <A, E, R>(
  look: Effect.Effect<A, E, R>,
  isRight: (found: A) => boolean
): Effect.Effect<A, E, R> => {
  const every = Schedule.spaced("20 millis").pipe(Schedule.upTo("1 minute"))
  return Effect.flatMap(look, (first) => {
    let found = first
    const again = Effect.map(look, (now) => (found = now))
    return isRight(first)
      ? Effect.succeed(first)
      : Effect.map(Effect.repeat(again, { until: isRight, schedule: every }), () => found)
  })
}
