/** How an effect ended, and the short names of errors. Every tracked effect ends in exactly one {@link Outcome}. */
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** How an effect ended; a success has no `outcome` label, so that the success series keep exactly the given labels. */
export type Outcome =
  | { readonly _tag: "success" }
  | { readonly _tag: "failure"; readonly error: unknown }
  | { readonly _tag: "defect"; readonly defect: unknown }
  | { readonly _tag: "interrupted" }

/** The values of the label `outcome`: what is not a success. */
export type FailedOutcome = Exclude<Outcome["_tag"], "success">

/** The values of the label `outcome`, in the order of precedence. */
export const failedOutcomes = ["failure", "defect", "interrupted"] as const satisfies ReadonlyArray<FailedOutcome>

/** The outcome that leaves no label. */
export const success: Outcome = { _tag: "success" }
const interrupted: Outcome = { _tag: "interrupted" }

/**
 * The one outcome of a cause: a typed failure before a defect before an interruption, the order in which Effect itself
 * squashes a cause. An empty cause has neither failure nor defect and counts as interrupted.
 */
export const ofCause = (cause: Cause.Cause<unknown>): Outcome => {
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

/** `_tag`, else the constructor name of an `Error`, else `Unknown`. */
export const errorTag = (error: unknown): string =>
  word(error, "_tag") ?? (error instanceof Error ? constructorName(error) : undefined) ?? "Unknown"

/** The `reason` of a failed job: the error's string `reason`, else its `_tag`, else its constructor name. */
export const failureReason = (error: unknown): string =>
  word(error, "reason") ?? word(error, "_tag") ?? constructorName(error) ?? "Unknown"

/** The `reason` of a job that died: the constructor name of an object that was thrown, else `Defect`. */
export const defectReason = (defect: unknown): string =>
  (Predicate.isObject(defect) ? constructorName(defect) : undefined) ?? "Defect"

/**
 * The `type` of a cluster error: the error's string `reason`, else its `_tag`, else its `name`, which is all that is
 * left of an error that came back over the wire as a plain `Error`.
 */
export const clusterErrorType = (error: unknown): string =>
  word(error, "reason") ?? word(error, "_tag") ?? word(error, "name") ?? errorTag(error)

// An error is anything, a proxy or a getter that throws included; what can't be read has no name.
const word = (value: unknown, key: string): string | undefined => {
  const found = Either.getOrUndefined(Either.try(() => (Predicate.hasProperty(value, key) ? value[key] : undefined)))
  return Predicate.isString(found) && found !== "" ? found : undefined
}

const constructorName = (value: unknown): string | undefined => {
  const found = Either.getOrUndefined(Either.try((): unknown => Object(value).constructor))
  return value === null || value === undefined ? undefined : word(found, "name")
}
