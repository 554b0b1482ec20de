/**
 * The OTLP JSON mapping, up to the point where JSON's values have the types that the schema's own `verify` asks for:
 * 64-bit integers from digits, doubles from `"NaN"` and `"Infinity"`, ids from hex, bytes from base64. `verify` then
 * checks everything else.
 *
 * Which fields are 64 bits wide, doubles, bytes or one message stands here by name, because names say it in this schema
 * without ambiguity; a test holds the four lists against the schema. `null` is refused wherever it stands: it is what NaN
 * becomes in `JSON.stringify`, and a collector refuses it too.
 */
import { type Int64, schema } from "./otlp-schema.ts"

/** Fields of 64 bits, and whether they are signed. */
export const integerFields: ReadonlyMap<string, "signed" | "unsigned"> = new Map([
  ["asInt", "signed"],
  ["intValue", "signed"],
  ["bucketCounts", "unsigned"],
  ["count", "unsigned"],
  ["startTimeUnixNano", "unsigned"],
  ["timeUnixNano", "unsigned"],
  ["zeroCount", "unsigned"]
])

/** Fields that are doubles. `sum` and `value` are messages elsewhere, and then not strings. */
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

/** Fields that are bytes, and how JSON writes them. */
export const byteFields: ReadonlyMap<string, "hex" | "base64"> = new Map([
  ["bytesValue", "base64"],
  ["spanId", "hex"],
  ["traceId", "hex"]
])

/** Fields that are one message. `verify` would take a list for one, because a list is an object too. */
export const messageFields: ReadonlySet<string> = new Set([
  "arrayValue",
  "exponentialHistogram",
  "gauge",
  "histogram",
  "kvlistValue",
  "negative",
  "positive",
  "resource",
  "scope",
  "sum",
  "summary",
  "value"
])

/**
 * Turns a parsed JSON body, in place, into an object that the schema can verify. Returns what is wrong with it, by its
 * path, or `null`.
 */
export const fromJson = (body: object): string | null => {
  for (const name in body) {
    const problem = field(body, name)
    if (problem !== null) return problem
  }
  return null
}

const valueKinds = new Set(Object.keys(schema.common.v1.AnyValue.prototype).filter((name) => name.endsWith("Value")))

const field = (parent: object, name: string): string | null => {
  const value: unknown = Reflect.get(parent, name)
  if (value === null) return `${name}: null is not a value`
  if (Array.isArray(value)) {
    return messageFields.has(name) ? `${name}: a list is not what this field holds` : elements(value, name)
  }
  if (typeof value === "object") {
    const kind = name === "value" ? unknownKind(value) : null
    return kind ?? within(name, fromJson(value))
  }
  const read = scalar(value, name)
  if (read === invalid) return `${name}: ${JSON.stringify(value)} is not what this field holds`
  if (read !== value) Reflect.set(parent, name, read)
  return null
}

const elements = (values: Array<unknown>, name: string): string | null => {
  const isScalar = integerFields.has(name) || doubleFields.has(name)
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === null) return `${name}: null is not a value`
    if (Array.isArray(value)) return `${name}: a list in a list is not what this field holds`
    if (isScalar) {
      const read = scalar(value, name)
      if (read === invalid) return `${name}: ${JSON.stringify(value)} is not what this field holds`
      values[index] = read
    } else if (typeof value === "object" && value !== undefined) {
      const kind = name === "values" && !("key" in value) ? unknownKind(value) : null
      const problem = kind ?? within(name, fromJson(value))
      if (problem !== null) return problem
    }
  }
  return null
}

const within = (name: string, problem: string | null) => (problem === null ? null : `${name}.${problem}`)

const unknownKind = (value: object): string | null => {
  for (const name in value) {
    if (!valueKinds.has(name)) return `value: ${JSON.stringify(name)} is not a kind of value`
  }
  return null
}

const invalid = Symbol("invalid")

const scalar = (value: unknown, name: string): unknown => {
  const integer = integerFields.get(name)
  if (integer !== undefined) return integerOf(value, integer)
  if (typeof value !== "string") return value
  if (doubleFields.has(name)) return doubleOf(value)
  const bytes = byteFields.get(name)
  return bytes === undefined ? value : bytesOf(value, bytes)
}

const digits = /^-?(?:0|[1-9]\d*)$/

const integerOf = (value: unknown, sign: "signed" | "unsigned"): Int64 | typeof invalid => {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return value >= 0 || sign === "signed" ? value : invalid
  }
  const isWhole = typeof value === "number" && Number.isInteger(value)
  if (!isWhole && !(typeof value === "string" && digits.test(value))) return invalid
  const near = Number(value)
  if (Number.isSafeInteger(near)) return near >= 0 || sign === "signed" ? near : invalid
  const exact = BigInt(value)
  const fitted = sign === "signed" ? BigInt.asIntN(64, exact) : BigInt.asUintN(64, exact)
  if (fitted !== exact) return invalid
  return {
    low: Number(BigInt.asIntN(32, exact)),
    high: Number(BigInt.asIntN(32, exact >> 32n)),
    unsigned: sign === "unsigned"
  }
}

const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const doubleOf = (value: string): number | typeof invalid => {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity" || decimal.test(value)) return Number(value)
  return invalid
}

const hex = /^(?:[0-9a-fA-F]{2})*$/
const base64 = /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2,3}={0,2})?$/

const bytesOf = (value: string, encoding: "hex" | "base64"): Uint8Array | typeof invalid =>
  (encoding === "hex" ? hex : base64).test(value) ? Buffer.from(value, encoding) : invalid
