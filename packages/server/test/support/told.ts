/** What an exit tells, without the numbers of fibers and without the shape of its cause: what is equal of two runs. */
import { Cause, Exit } from "effect"

export const told = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.match(exit, {
    onSuccess: (value) => ({ value }),
    onFailure: (cause) => ({
      failures: Array.from(Cause.failures(cause)),
      defects: Array.from(Cause.defects(cause)),
      isInterrupted: Cause.isInterrupted(cause)
    })
  })
