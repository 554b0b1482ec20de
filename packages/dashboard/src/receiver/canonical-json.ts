/** Attributes as text that is the same for the same attributes, and as keys of a `Map`. */
import { createHash } from "node:crypto"
import type { Attributes, AttributeValue } from "./model.ts"

/** Attributes as JSON with sorted names, so that the order in which they were sent does not matter. */
export const canonicalJson = (attributes: Attributes): string =>
  JSON.stringify(isPlainAndSorted(attributes) ? attributes : sorted(attributes))

/**
 * A text of JSON as the key of a `Map`. V8 hashes a long string by its length alone, so that a map compares long keys of
 * one length with each other: those are replaced by a digest, which begins as no JSON of an object or a list does.
 */
export const keyOf = (text: string): string =>
  text.length <= longestKey ? text : createHash("sha256").update(text).digest("base64url")

const longestKey = 1_000

/** Decoded attributes are sorted already, so a copy is hardly ever needed. */
const isPlainAndSorted = (attributes: Attributes): boolean => {
  let before = ""
  for (const name in attributes) {
    if (name < before || typeof attributes[name] === "object") {
      return false
    }
    before = name
  }
  return true
}

const sorted = (value: AttributeValue): AttributeValue => {
  if (typeof value !== "object" || value === null) {
    return value
  }
  if (isList(value)) {
    return value.map(sorted)
  }
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

const isList = (value: AttributeValue): value is ReadonlyArray<AttributeValue> => Array.isArray(value)
