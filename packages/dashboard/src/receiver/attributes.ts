/** Reads attributes, and the values that they nest. */
import type { Attributes, AttributeValue } from "./model.ts"
import type { AnyValue, KeyValue } from "./otlp-schema.ts"
import { toBigInt, toNumber } from "./otlp-schema.ts"
import { quote } from "./quote.ts"

/** The attributes sorted by name, or what is wrong with them. */
export const attributesOf = (pairs: ReadonlyArray<KeyValue> | null | undefined): Attributes | string => {
  if (!pairs || pairs.length === 0) {
    return noAttributes
  }
  const sorted = isSorted(pairs) ? pairs : [...pairs].sort((a, b) => ((a.key ?? "") < (b.key ?? "") ? -1 : 1))
  const attributes: { [name: string]: AttributeValue } = {}
  for (let index = 0; index < sorted.length; index++) {
    const key = sorted[index]?.key ?? ""
    if (key === "") {
      return "an attribute has no name"
    }
    if (index > 0 && key === sorted[index - 1]?.key) {
      return `duplicate attribute ${quote(key)}`
    }
    const value = valueOf(sorted[index]?.value)
    if (value === undefined) {
      return `duplicate attribute inside ${quote(key)}`
    }
    if (key === "__proto__") {
      Object.defineProperty(attributes, key, { ...ownProperty, value })
    } else {
      attributes[key] = value
    }
  }
  return attributes
}

const isSorted = (pairs: ReadonlyArray<KeyValue>): boolean => {
  for (let index = 1; index < pairs.length; index++) {
    if ((pairs[index - 1]?.key ?? "") > (pairs[index]?.key ?? "")) {
      return false
    }
  }
  return true
}

const ownProperty = { configurable: true, enumerable: true, writable: true }

/** The attributes of what has none: always the same object. */
export const noAttributes: Attributes = {}

const valueOf = (value: AnyValue | null | undefined): AttributeValue | undefined => {
  if (!value) {
    return null
  }
  if (isPresent(value.stringValue)) {
    return value.stringValue
  }
  if (isPresent(value.boolValue)) {
    return value.boolValue
  }
  if (isPresent(value.intValue)) {
    const near = toNumber(value.intValue)
    return Number.isSafeInteger(near) ? near : toBigInt(value.intValue).toString()
  }
  if (isPresent(value.doubleValue)) {
    return Number.isFinite(value.doubleValue) ? value.doubleValue : String(value.doubleValue)
  }
  if (isPresent(value.bytesValue)) {
    return Buffer.from(value.bytesValue).toString("base64")
  }
  if (isPresent(value.arrayValue)) {
    const values = (value.arrayValue.values ?? []).map(valueOf)
    return values.every((inner) => inner !== undefined) ? values : undefined
  }
  if (isPresent(value.kvlistValue)) {
    const inner = attributesOf(value.kvlistValue.values)
    return typeof inner === "string" ? undefined : inner
  }
  return null
}

/** A value as text: what is no text as JSON. `undefined` where it has a duplicate attribute. */
export const textOfValue = (value: AnyValue | null | undefined): string | undefined => {
  const read = valueOf(value)
  return typeof read === "string" ? read : read === undefined ? undefined : read === null ? "" : JSON.stringify(read)
}

/** Whether a field of a message was sent. */
export const isPresent = <A>(value: A | null | undefined): value is A => value !== null && value !== undefined
