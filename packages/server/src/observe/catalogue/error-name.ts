/**
 * The short names of errors: what the labels `reason` and `type` say. A name is clean and short before anybody keeps it.
 * None of these functions throws, whatever the error is.
 */
import { attempt, attempted } from "./attempt.ts"
import { clean } from "./label.ts"

/** `_tag`, else the constructor name of an `Error`, else `Unknown`. */
export const errorTag = (error: unknown): string =>
  wordOf(error, "_tag") ?? (isError(error) ? constructorName(error) : undefined) ?? "Unknown"

/** The `reason` of a failed job: the error's string `reason`, else its `_tag`, else its constructor name. */
export const failureReason = (error: unknown): string =>
  plainReason(error, undefined) ??
  wordOf(error, "reason") ??
  wordOf(error, "_tag") ??
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
  wordOf(error, "reason") ?? wordOf(error, "_tag") ?? wordOf(error, "name") ?? errorTag(error)

// The usual error has a `reason` or a `_tag` that can be read: no closure is made for it.
const plainReason = attempted(
  (error: unknown, _: undefined): string | undefined => {
    if (typeof error !== "object" || error === null) {
      return undefined
    }
    const reason = "reason" in error ? error.reason : undefined
    const tag = "_tag" in error ? error._tag : undefined
    return wordFrom(reason) ?? wordFrom(tag)
  },
  () => undefined
)

/** A field of an error as a name, clean and short; undefined where nothing is left of it. */
export const wordOf = (error: unknown, key: string): string | undefined => wordFrom(fieldOf(error, key))

/** A field of an error, if it is a text, as it is. */
export const textOf = (error: unknown, key: string): string | undefined => {
  const found = fieldOf(error, key)
  return typeof found === "string" && found !== "" ? found : undefined
}

const fieldOf = (error: unknown, key: string): unknown =>
  attempt(() => (isObject(error) ? Reflect.get(error, key) : undefined))

const wordFrom = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? clean(value) || undefined : undefined

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

// A proxy can throw when it is asked for its prototype.
const isError = (value: unknown): boolean => attempt(() => value instanceof Error) ?? false

const constructorName = (value: unknown): string | undefined => {
  const found: unknown = attempt(() => Object(value).constructor)
  return value === null || value === undefined ? undefined : wordOf(found, "name")
}
