/** How an effect ended, in the words of the ledger. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

export interface Ending {
  readonly outcome: "success" | "failure" | "defect" | "interrupted"
  readonly reason?: string
}

export const endingOf = (exit: Exit.Exit<unknown, unknown>): Ending => {
  if (Exit.isSuccess(exit)) return { outcome: "success" }
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure !== undefined) return { outcome: "failure", reason: reasonOf(failure) }
  const defect = Option.getOrUndefined(Cause.dieOption(exit.cause))
  if (defect === undefined) return { outcome: "interrupted" }
  return { outcome: "defect", reason: defect instanceof Error ? defect.constructor.name : "Defect" }
}

/** Everything that fails here has a `reason`, or else a tag. */
const reasonOf = (failure: unknown): string => {
  if (typeof failure !== "object" || failure === null) return "Unknown"
  if ("reason" in failure && typeof failure.reason === "string") return failure.reason
  return "_tag" in failure && typeof failure._tag === "string" ? failure._tag : "Unknown"
}
