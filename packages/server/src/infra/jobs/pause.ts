/**
 * Gives the event loop back: Effect's own yield lets other fibers run, but no timer, socket or signal. All that works in
 * slices takes turns here, one in each turn of the loop: together they hold it up no longer than the longest of them.
 */
import * as Effect from "effect/Effect"

/** Runs a task after what waits in the event loop, and after the tasks that came before, each in a turn of its own. */
export const soon = (task: () => void): void => {
  if (tasks.push(task) === 1) {
    setImmediate(next)
  }
}

const tasks: Array<() => void> = []

const next = (): void => {
  const task = tasks.shift()
  // Before the task, which may throw.
  if (tasks.length > 0) {
    setImmediate(next)
  }
  task?.()
}

/** Goes on after everything that waits in the event loop has had its turn. */
export const pause: Effect.Effect<void> = Effect.async((resume) => soon(() => resume(Effect.void)))

/** How many milliseconds to work before a pause, but for the statement or handler that is under way then. */
export const sliceMs = 5
