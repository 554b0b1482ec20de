/** Which jobs have been handled, and how often: none may be twice, and in the end none may be missing. */
import { claim } from "../harness.ts"

/** Numbers up to here can be handled. */
const most = 2 ** 24

export const makeHandled = () => {
  const times = new Uint8Array(most)
  let handled = 0
  let target = 0
  let reached: (() => void) | undefined
  return {
    handle: (n: number): void => {
      times[n] = (times[n] ?? 0) + 1
      handled += 1
      if (handled === target) {
        reached?.()
      }
    },
    /** Resolves when so many more have been handled. */
    more: (jobs: number): Promise<void> => {
      target = handled + jobs
      return new Promise((resolve) => {
        reached = resolve
      })
    },
    /** Throws unless each of these was handled once. */
    checkEach: (what: string, { from, jobs }: { readonly from: number; readonly jobs: number }): void => {
      const once = times.subarray(from, from + jobs).reduce((sum, count) => sum + (count === 1 ? 1 : 0), 0)
      claim(`${what}: jobs handled exactly once`, once, jobs)
    },
    /** Throws if one was handled more than once. */
    checkNoneTwice: (what: string): void => {
      claim(
        `${what}: jobs handled more than once`,
        times.reduce((sum, count) => sum + (count > 1 ? 1 : 0), 0),
        0
      )
    }
  }
}
