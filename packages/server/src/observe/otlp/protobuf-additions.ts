/** Adds fields to a protobuf message that is written already, and to messages in it. */

/** What is added to a message. */
export interface Additions {
  /** Whole fields, which come last. */
  readonly fields: ReadonlyArray<Uint8Array>
  /** By the number of a field: what is added to each of its messages, in their order. */
  readonly messages: ReadonlyMap<number, ReadonlyArray<Additions | undefined>>
}

/** The message with what is added. Lengths are written anew; all else is copied. */
export const withAdditions = (message: Uint8Array, { fields, messages }: Additions): Uint8Array => {
  const pieces: Array<Uint8Array> = []
  const seen = new Map<number, number>()
  let copied = 0
  for (const { content, end, number, start } of fieldsOf(message)) {
    const nth = seen.get(number) ?? 0
    const additions = content === undefined ? undefined : messages.get(number)?.[nth]
    seen.set(number, nth + 1)
    if (content !== undefined && additions !== undefined) {
      pieces.push(message.subarray(copied, start), field(number, withAdditions(content, additions)))
      copied = end
    }
  }
  return Buffer.concat([...pieces, message.subarray(copied), ...fields])
}

/** A field of bytes, or of a message. */
export const field = (number: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([...varint(number * 8 + lengthDelimited), ...varint(content.length)]), content])

const lengthDelimited = 2

const varint = (value: number): ReadonlyArray<number> =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))]

interface Found {
  readonly number: number
  readonly start: number
  readonly end: number
  /** Of a field of bytes. */
  readonly content: Uint8Array | undefined
}

/** The fields of a message that a serialiser of OpenTelemetry wrote. */
const fieldsOf = function* (message: Uint8Array): Generator<Found> {
  let at = 0
  const next = (): number => {
    let value = 0
    for (let scale = 1; at < message.length; scale *= 0x80) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        break
      }
    }
    return value
  }
  while (at < message.length) {
    const start = at
    const tag = next()
    const type = tag & 7
    const length = type === 0 ? 0 : type === 1 ? 8 : type === 5 ? 4 : next()
    if (type === 0) {
      next()
    }
    const from = at
    at += length
    const content = type === lengthDelimited ? message.subarray(from, at) : undefined
    yield { number: Math.floor(tag / 8), start, end: at, content }
  }
}
