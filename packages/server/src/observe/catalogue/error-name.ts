/** The short names of errors: what the labels `reason` and `type` say. None of them throws, whatever the error is. */
import { attempt, attempted } from "./attempt.ts"

/** `_tag`, else the constructor name of an `Error`, else `Unknown`. */
export const errorTag = (error: unknown): string =>
  textOf(error, "_tag") ?? (error instanceof Error ? constructorName(error) : undefined) ?? "Unknown"

/** The `reason` of a failed job: the error's string `reason`, else its `_tag`, else its constructor name. */
export const failureReason = (error: unknown): string =>
  plainReason(error, undefined) ??
  textOf(error, "reason") ??
  textOf(error, "_tag") ??
  constructorName(error) ??
  "Unknown"

/** The `reason` of a job that died: the constructor name of an object that was thrown, else `Defect`. */
export const defectReason = (defect: unknown): string =>
  (isObject(defect) ? constructorName(defect) : undefined) ?? "Defect"

/**
 * The `type` of a cluster error: the error's string `reason`, else its `_tag`, else its `name`, which is all that is
 * left of an error that came back over the wire as a plain `Error`.
 */
export const clusterErrorType = (error: unknown): string =>
  textOf(error, "reason") ?? textOf(error, "_tag") ?? textOf(error, "name") ?? errorTag(error)

// The usual error has a `reason` or a `_tag` that can be read: no closure is made for it.
const plainReason = attempted(
  (error: unknown, _: undefined): string | undefined => {
    if (typeof error !== "object" || error === null) {
      return undefined
    }
    const reason = "reason" in error ? error.reason : undefined
    const tag = "_tag" in error ? error._tag : undefined
    return isText(reason) ? reason : isText(tag) ? tag : undefined
  },
  () => undefined
)

/** A field of an error, if it is a text. An error is anything, a proxy or a getter that throws included. */
export const textOf = (value: unknown, key: string): string | undefined => {
  const found = attempt(() => (isObject(value) ? Reflect.get(value, key) : undefined))
  return isText(found) ? found : undefined
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

const constructorName = (value: unknown): string | undefined => {
  const found: unknown = attempt(() => Object(value).constructor)
  return value === null || value === undefined ? undefined : textOf(found, "name")
}
