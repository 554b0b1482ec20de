/**
 * Counts what a JSON text would build, in one pass over its bytes and without building anything. It does not check the
 * syntax: `JSON.parse` stops at the first mistake, and what comes before that has been counted.
 */
import { schema } from "./otlp-schema.ts"
import { type Count, isOverLimit, workLimit } from "./work-limit.ts"

/** What makes the text too much work, or `null`. */
export const jsonProblem = (text: Uint8Array): string | null => {
  const scan = new Scan(text)
  while (scan.position < text.length) {
    const problem = scan.next()
    if (problem !== null) {
      return problem
    }
  }
  return isOverLimit(scan)
}

const code = (character: string): number => character.charCodeAt(0)

const [quotation, backslash, comma, minus] = [code('"'), code("\\"), code(","), code("-")]
const [openObject, closeObject, openList, closeList] = [code("{"), code("}"), code("["), code("]")]
const [zero, nine] = [code("0"), code("9")]
const words = new Set([code("t"), code("f"), code("n")])
const inNumber = new Set([..."0123456789+-.eE"].map(code))

class Scan implements Count {
  messages = 0
  values = 0
  position = 0
  private unknown = 0
  private depth = 0
  private isKeyNext = false
  private readonly isObject = new Uint8Array(workLimit.depth.json + 1)
  private readonly text: Uint8Array

  constructor(text: Uint8Array) {
    this.text = text
  }

  /** Reads one token. */
  next(): string | null {
    const byte = this.text[this.position] ?? 0
    if (byte === quotation) {
      return this.string()
    }
    if (byte === minus || (byte >= zero && byte <= nine)) {
      return this.number()
    }
    this.position += 1
    if (byte === openObject || byte === openList) {
      return this.open(byte === openObject)
    }
    if (byte === closeObject || byte === closeList) {
      this.depth = Math.max(0, this.depth - 1)
      this.isKeyNext = false
    } else if (byte === comma) {
      this.isKeyNext = this.isObject[this.depth] === 1
    } else if (words.has(byte)) {
      this.values += 1
    }
    return null
  }

  private open(isObject: boolean): string | null {
    this.depth += 1
    if (this.depth > workLimit.depth.json) {
      return `it is nested more than ${workLimit.depth.json} levels deep`
    }
    this.isObject[this.depth] = isObject ? 1 : 0
    this.isKeyNext = isObject
    this.messages += 1
    return (this.messages & 0xff) === 0 ? isOverLimit(this) : null
  }

  private number(): string | null {
    const start = this.position
    const end = start + workLimit.numberLength + 1
    while (this.position < end && inNumber.has(this.text[this.position] ?? 0)) {
      this.position += 1
    }
    const length = this.position - start
    this.values += length > 32 ? length : 1
    return length > workLimit.numberLength
      ? `a number has more than ${workLimit.numberLength} characters`
      : isOverLimit(this)
  }

  private string(): string | null {
    const { text } = this
    const start = this.position + 1
    let hash = 0
    let at = start
    for (; at < text.length; at++) {
      const byte = text[at] ?? 0
      if (byte === quotation) {
        break
      }
      if (byte === backslash) {
        at += 1
      }
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    this.position = at + 1
    this.values += 1
    if (!this.isKeyNext) {
      return (this.values & 0xff) === 0 ? isOverLimit(this) : null
    }
    this.isKeyNext = false
    if (!isKnown(text, { hash, start, end: at })) {
      this.unknown += 1
    }
    return this.unknown > workLimit.unknownFields
      ? `it has more than ${workLimit.unknownFields} fields that OTLP does not have`
      : isOverLimit(this)
  }
}

const hashOf = (name: Uint8Array): number => name.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 0)

/** The names of all fields, by a hash of their bytes. */
const known = new Map<number, Uint8Array>(
  [schema.common, schema.metrics, schema.trace, schema.logs, ...Object.values(schema.collector)]
    .flatMap(({ v1 }) => Object.values<{ readonly prototype?: object }>(v1))
    .flatMap(({ prototype }) => Object.keys(prototype ?? {}))
    .map((name) => Buffer.from(name))
    .map((name) => [hashOf(name), name] as const)
)

/** The hash is easily forged, so the bytes are compared. */
const isKnown = (
  text: Uint8Array,
  { end, hash, start }: { readonly hash: number; readonly start: number; readonly end: number }
): boolean => {
  const name = known.get(hash)
  return name !== undefined && name.length === end - start && name.every((byte, index) => text[start + index] === byte)
}
