/** Lets the event loop run: Effect's own yield lets other fibers run, but no timer, socket or signal. */
import * as Effect from "effect/Effect"

/** Goes on after everything that waits in the event loop has had its turn. */
export const pause: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** How long to work before a pause, in milliseconds. */
export const sliceMs = 8

/** Runs through steps in slices, with a pause between two, until `onStep` returns false. A step that is nothing took long. */
export const inSlices = <A>(
  steps: Iterator<A | undefined>,
  onStep: (step: A | undefined) => boolean
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const until = performance.now() + sliceMs
    for (let count = 1; ; count++) {
      const next = steps.next()
      if (next.done === true || !onStep(next.value)) {
        return Effect.void
      }
      if ((count % 64 === 0 || next.value === undefined) && performance.now() > until) {
        return Effect.zipRight(pause, inSlices(steps, onStep))
      }
    }
  })
