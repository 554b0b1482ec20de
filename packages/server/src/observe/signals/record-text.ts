/** How much text a record has: what it takes in memory beside its fixed parts, which a stranger may have made large. */
import { attempt } from "../catalogue/attempt.ts"

/** What is nested deeper counts as if it had no text; so does a value that contains itself, from there on. */
const deepest = 8

/** What anything takes that has no text. */
const least = 8

/** Characters of all text in a value, keys included; of bytes, each counts as one. */
export const charactersIn = (value: unknown): number => attempt(() => characters(value, deepest)) ?? least

const characters = (value: unknown, depth: number): number => {
  if (typeof value === "string") {
    return value.length
  }
  if (typeof value !== "object" || value === null || depth === 0) {
    return least
  }
  if (ArrayBuffer.isView(value)) {
    return value.byteLength
  }
  let sum = 0
  for (const key of Object.keys(value)) {
    sum += key.length
  }
  for (const one of Object.values(value)) {
    sum += characters(one, depth - 1)
  }
  return sum
}
