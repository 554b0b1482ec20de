/**
 * The OTLP JSON mapping: gives JSON values the types that the schema's own `verify` expects, which then checks the rest.
 * 64-bit integers come as digits, doubles may be `"NaN"` or `"Infinity"`, ids are hex, bytes are base64.
 *
 * The fields are listed by name, which is unambiguous in this schema; a test compares the four lists with it. `null` is
 * rejected everywhere: `JSON.stringify` writes it for NaN, and a collector rejects it too.
 */
import { type Int64, schema } from "./otlp-schema.ts"
import { quote } from "./quote.ts"
import { workLimit } from "./work-limit.ts"

/** Fields of 64 bits, and whether they are signed. */
export const integerFields: ReadonlyMap<string, "signed" | "unsigned"> = new Map([
  ["asInt", "signed"],
  ["intValue", "signed"],
  ["bucketCounts", "unsigned"],
  ["count", "unsigned"],
  ["endTimeUnixNano", "unsigned"],
  ["observedTimeUnixNano", "unsigned"],
  ["startTimeUnixNano", "unsigned"],
  ["timeUnixNano", "unsigned"],
  ["zeroCount", "unsigned"]
])

/** Fields that are doubles. `sum` and `value` are messages in other places, and then never strings. */
export const doubleFields: ReadonlySet<string> = new Set([
  "asDouble",
  "doubleValue",
  "explicitBounds",
  "max",
  "min",
  "quantile",
  "sum",
  "value",
  "zeroThreshold"
])

/** Fields that are bytes, and their encoding in JSON. */
export const byteFields: ReadonlyMap<string, "hex" | "base64"> = new Map([
  ["bytesValue", "base64"],
  ["parentSpanId", "hex"],
  ["spanId", "hex"],
  ["traceId", "hex"]
])

/** Fields that are a single message. `verify` would accept a list, because a list is an object too. */
export const messageFields: ReadonlySet<string> = new Set([
  "arrayValue",
  "body",
  "exponentialHistogram",
  "gauge",
  "histogram",
  "kvlistValue",
  "negative",
  "positive",
  "resource",
  "scope",
  "status",
  "sum",
  "summary",
  "value"
])

/** Turns a parsed JSON body, in place, into an object that the schema can verify. Returns what is wrong, or `null`. */
export const fromJson = (body: object): string | null => {
  for (const name in body) {
    if (name in Object.prototype) {
      // No field of OTLP, but the schema's `verify` calls it.
      Reflect.deleteProperty(body, name)
      continue
    }
    const problem = convertField(body, name)
    if (problem !== null) {
      return problem
    }
  }
  return null
}

const valueKinds = new Set(Object.keys(schema.common.v1.AnyValue.prototype).filter((name) => name.endsWith("Value")))

const convertField = (parent: object, name: string): string | null => {
  const value: unknown = Reflect.get(parent, name)
  if (value === null) {
    return `${name}: null is not allowed`
  }
  if (Array.isArray(value)) {
    return messageFields.has(name) ? `${name}: a list is not allowed` : convertElements(value, name)
  }
  if (typeof value === "object") {
    const kind = name === "value" || name === "body" ? unknownKind(value) : null
    return kind ?? withPath(name, fromJson(value))
  }
  const read = convertScalar(value, name)
  if (read === invalid) {
    return `${name}: invalid value ${quote(value)}`
  }
  if (read !== value) {
    Reflect.set(parent, name, read)
  }
  return null
}

const convertElements = (values: Array<unknown>, name: string): string | null => {
  const isScalar = integerFields.has(name) || doubleFields.has(name)
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === null) {
      return `${name}: null is not allowed`
    }
    if (Array.isArray(value)) {
      return `${name}: a list in a list is not allowed`
    }
    if (isScalar) {
      const read = convertScalar(value, name)
      if (read === invalid) {
        return `${name}: invalid value ${quote(value)}`
      }
      values[index] = read
    } else if (typeof value === "object" && value !== undefined) {
      const kind = name === "values" && !("key" in value) ? unknownKind(value) : null
      const problem = kind ?? withPath(name, fromJson(value))
      if (problem !== null) {
        return problem
      }
    }
  }
  return null
}

const withPath = (name: string, problem: string | null) => (problem === null ? null : `${name}.${problem}`)

const unknownKind = (value: object): string | null => {
  for (const name in value) {
    if (!valueKinds.has(name)) {
      return `value: unknown kind ${quote(name)}`
    }
  }
  return null
}

const invalid = Symbol("invalid")

const convertScalar = (value: unknown, name: string): unknown => {
  const integer = integerFields.get(name)
  if (integer !== undefined) {
    return integerOf(value, integer)
  }
  if (typeof value !== "string") {
    return value
  }
  if (doubleFields.has(name)) {
    return doubleOf(value)
  }
  const bytes = byteFields.get(name)
  return bytes === undefined ? value : bytesOf(value, bytes)
}

/** As many digits as 64 bits can have: more would take `BigInt` seconds. */
const digits = /^-?(?:0|[1-9]\d{0,19})$/

const integerOf = (value: unknown, sign: "signed" | "unsigned"): Int64 | typeof invalid => {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return value >= 0 || sign === "signed" ? value : invalid
  }
  const isWhole = typeof value === "number" && Number.isInteger(value)
  if (!isWhole && !(typeof value === "string" && digits.test(value))) {
    return invalid
  }
  const near = Number(value)
  if (Number.isSafeInteger(near)) {
    return near >= 0 || sign === "signed" ? near : invalid
  }
  const exact = BigInt(value)
  const fitted = sign === "signed" ? BigInt.asIntN(64, exact) : BigInt.asUintN(64, exact)
  if (fitted !== exact) {
    return invalid
  }
  return {
    low: Number(BigInt.asIntN(32, exact)),
    high: Number(BigInt.asIntN(32, exact >> 32n)),
    unsigned: sign === "unsigned"
  }
}

const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const isDecimal = (value: string) => value.length <= workLimit.numberLength && decimal.test(value)

const doubleOf = (value: string): number | typeof invalid => {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity" || isDecimal(value)) {
    return Number(value)
  }
  return invalid
}

const hex = /^[0-9a-fA-F]*$/
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Without groups that repeat: those take a place on the stack for each repetition. */
const bytesOf = (value: string, encoding: "hex" | "base64"): Uint8Array | typeof invalid => {
  const isValid =
    encoding === "hex" ? value.length % 2 === 0 && hex.test(value) : isBase64Length(value) && base64.test(value)
  return isValid ? Buffer.from(value, encoding) : invalid
}

const isBase64Length = (value: string): boolean => {
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0
  const rest = (value.length - padding) % 4
  return rest !== 1 && (rest !== 0 || padding === 0)
}
