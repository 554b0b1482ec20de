/** The one outcome of an effect that ended. */
import * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { interrupted, type Outcome, success } from "../catalogue/outcome.ts"

/**
 * The one outcome of a cause: a typed failure before a defect before an interruption, the order in which Effect itself
 * squashes a cause. An empty cause has neither failure nor defect and counts as interrupted.
 */
export const ofCause = (cause: Cause.Cause<unknown>): Outcome => {
  switch (cause._tag) {
    case "Fail":
      return { _tag: "failure", error: cause.error }
    case "Die":
      return { _tag: "defect", defect: cause.defect }
    case "Interrupt":
      return interrupted
    default:
      return ofComposed(cause)
  }
}

const ofComposed = (cause: Cause.Cause<unknown>): Outcome => {
  const failure = Cause.failureOption(cause)
  if (Option.isSome(failure)) {
    return { _tag: "failure", error: failure.value }
  }
  const defect = Cause.dieOption(cause)
  return Option.isSome(defect) ? { _tag: "defect", defect: defect.value } : interrupted
}

/** The one outcome of an exit; see {@link ofCause}. */
export const ofExit = (exit: Exit.Exit<unknown, unknown>): Outcome =>
  exit._tag === "Success" ? success : ofCause(exit.cause)
