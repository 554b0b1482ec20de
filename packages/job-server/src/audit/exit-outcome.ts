/** The outcome and the reason of an exit, as the event log has them. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** How something ends. It is written down here once more, since the audit shares no code with what it checks. */
export const exitOutcomes = ["success", "failure", "defect", "interrupted"] as const

export interface ExitOutcome {
  readonly outcome: (typeof exitOutcomes)[number]
  readonly reason?: string
}

export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): ExitOutcome => {
  if (Exit.isSuccess(exit)) {
    return { outcome: "success" }
  }
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure !== undefined) {
    return { outcome: "failure", reason: firstText(failure, ["reason", "_tag"]) }
  }
  const defect = Option.getOrUndefined(Cause.dieOption(exit.cause))
  if (defect === undefined) {
    return { outcome: "interrupted" }
  }
  return { outcome: "defect", reason: defect instanceof Error ? defect.constructor.name : "Defect" }
}

/** The same for a message. A defect may lose its class on its way through a cluster, so its fields tell the reason. */
export const messageOutcomeOf = (exit: Exit.Exit<unknown, unknown>): ExitOutcome => {
  const result = outcomeOf(exit)
  if (result.outcome !== "defect" || Exit.isSuccess(exit)) {
    return result
  }
  const defect = Option.getOrUndefined(Cause.dieOption(exit.cause))
  return { ...result, reason: firstText(defect, ["reason", "_tag", "name"]) }
}

/** The first of the fields that holds a text. */
const firstText = (value: unknown, fields: ReadonlyArray<string>): string => {
  if (typeof value !== "object" || value === null) {
    return "Unknown"
  }
  const values = fields.map((name): unknown => Reflect.get(value, name))
  return values.find((text): text is string => typeof text === "string" && text !== "") ?? "Unknown"
}
