/** The outcome of an exit as it came over the wire. */
import type * as Schema from "effect/Schema"
import { wordOf } from "../../observe/catalogue/error-name.ts"
import { interrupted, type Outcome, success } from "../../observe/catalogue/outcome.ts"

type EncodedExit = Schema.ExitEncoded<unknown, unknown, unknown>

type EncodedCause = Schema.CauseEncoded<unknown, unknown>

/** The one outcome of an exit, by the same precedence as that of one that was not sent. */
export const ofEncodedExit = (exit: EncodedExit): Outcome =>
  exit._tag === "Success" ? success : ofParts(partsOf(exit.cause))

/** A defect, by the name that came with it. */
export const ofDefect = (defect: unknown): Outcome => {
  const name = wordOf(defect, "name")
  return { _tag: "defect", defect: name === undefined ? undefined : named(name) }
}

// What was sent is a plain object: its class is the name that it has.
const named = (name: string): object => ({ constructor: { name } })

const ofParts = (parts: ReadonlyArray<EncodedCause>): Outcome => {
  for (const part of parts) {
    if (part._tag === "Fail") {
      return { _tag: "failure", error: part.error }
    }
  }
  for (const part of parts) {
    if (part._tag === "Die") {
      return ofDefect(part.defect)
    }
  }
  return interrupted
}

const partsOf = (cause: EncodedCause): ReadonlyArray<EncodedCause> =>
  cause._tag === "Sequential" || cause._tag === "Parallel" ? [...partsOf(cause.left), ...partsOf(cause.right)] : [cause]
