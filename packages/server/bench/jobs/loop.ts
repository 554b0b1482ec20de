/** How long the event loop did not turn, by the clock. A loop that is kept turning to see that would take the databases' processor. */
import type { IntervalHistogram } from "node:perf_hooks"

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds; what is under way when this is asked has to end first, or it would not be seen. */
export const longestStall = async (loop: IntervalHistogram): Promise<number> => {
  await pause(5)
  return loop.max / 1e6
}
