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

/** The same of a message: a defect goes by the word that it has, for on the way through a cluster it may lose its class. */
export const messageEndingOf = (exit: Exit.Exit<unknown, unknown>): Ending => {
  const ending = endingOf(exit)
  if (ending.outcome !== "defect" || Exit.isSuccess(exit)) return ending
  return { ...ending, reason: wordOf(Option.getOrUndefined(Cause.dieOption(exit.cause)), ["reason", "_tag", "name"]) }
}

/** Everything that fails here has a `reason`, or else a tag. */
const reasonOf = (failure: unknown): string => wordOf(failure, ["reason", "_tag"])

const wordOf = (value: unknown, names: ReadonlyArray<string>): string => {
  if (typeof value !== "object" || value === null) return "Unknown"
  const words = names.map((name): unknown => Reflect.get(value, name))
  return words.find((word): word is string => typeof word === "string" && word !== "") ?? "Unknown"
}
