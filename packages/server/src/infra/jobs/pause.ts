/** Lets the event loop run: Effect's own yield lets other fibers run, but no timer, socket or signal. */
import * as Effect from "effect/Effect"

/** Goes on after everything that waits in the event loop has had its turn. */
export const pause: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** How many milliseconds to work before a pause, but for the statement or handler that is under way then. */
export const sliceMs = 5
