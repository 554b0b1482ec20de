/**
 * Counts what a request in protobuf would build: a walk along the messages of the schema, without building anything. The
 * decoder takes a field as the type that it should have, and a message as long as it says it is; what is otherwise is
 * refused here, or the decoder would see other messages than those that were counted.
 */
import { type Field, fields, type MessageName, type RequestName } from "./protobuf-fields.ts"
import { type Count, isOverLimit, workLimit } from "./work-limit.ts"

/** What makes the bytes no request, or one of too much work, or `null`. */
export const protobufProblem = (body: Uint8Array, request: RequestName = "Request"): string | null => {
  const walk = new Walk(body)
  return walk.message(request, { end: body.length, depth: 1 }) ?? isOverLimit(walk)
}

/** How many messages and values a request has. */
export const countProtobuf = (body: Uint8Array, request: RequestName = "Request"): Count => {
  const walk = new Walk(body)
  walk.message(request, { end: body.length, depth: 1 })
  return { messages: walk.messages, values: walk.values }
}

/** Wire types. Groups are none of them: OTLP has never had one. */
const wire = { varint: 0, eight: 1, bytes: 2, four: 5 } as const

interface Extent {
  readonly end: number
  readonly depth: number
}

class Walk implements Count {
  messages = 0
  values = 0
  private position = 0
  private readonly body: Uint8Array

  constructor(body: Uint8Array) {
    this.body = body
  }

  /** Walks over one message. */
  message(name: MessageName, { depth, end }: Extent): string | null {
    this.messages += 1
    if (depth > workLimit.depth.protobuf) {
      return `it is nested more than ${workLimit.depth.protobuf} levels deep`
    }
    const known = fields[name]
    while (this.position < end) {
      const tag = this.varint()
      if (!(tag <= 0xffff_ffff)) {
        return malformed
      }
      this.values += 1
      const problem = this.field(known[tag >>> 3], tag & 7, { end, depth }) ?? isOverLimit(this)
      if (problem !== null) {
        return problem
      }
      if (this.position > end) {
        return malformed
      }
    }
    return null
  }

  private field(field: Field | undefined, type: number, { depth, end }: Extent): string | null {
    if (type === wire.bytes) {
      const length = this.varint()
      const last = this.position + length
      return last <= end ? this.content(field, { end: last, depth }) : malformed
    }
    if (field !== undefined && type !== singleTypes[field]) {
      return malformed
    }
    switch (type) {
      case wire.varint:
        return Number.isNaN(this.varint(field !== "varint")) ? malformed : null
      case wire.eight:
        this.position += 8
        return null
      case wire.four:
        this.position += 4
        return null
      default:
        return malformed
    }
  }

  /** What has a length. */
  private content(field: Field | undefined, { depth, end }: Extent): string | null {
    const length = end - this.position
    switch (field) {
      case undefined:
      case "bytes":
        this.position = end
        return null
      case "eight":
      case "four":
      case "long":
      case "varint":
        return malformed
      case "eights":
        this.values += length / 8
        this.position = end
        return length % 8 === 0 ? null : malformed
      case "varints":
        // No number is shorter than a byte; the last byte of one is below 128.
        this.values += length
        this.position = end
        return length === 0 || (this.body[end - 1] ?? 0) < 128 ? null : malformed
      default:
        return this.message(field, { end, depth: depth + 1 })
    }
  }

  /**
   * A number, or NaN. Where the decoder wants 32 bits it reads five bytes, and takes a longer number for ten whatever it
   * is: one of six to nine would let it see other fields than those that follow.
   */
  private varint(isLong = false): number {
    let value = 0
    for (let [length, scale] = [1, 1]; length <= 10; length++, scale *= 128) {
      const byte = this.body[this.position] ?? 0
      this.position += 1
      value += (byte & 127) * scale
      if (byte < 128) {
        return isLong || length <= 5 || length === 10 ? value : Number.NaN
      }
    }
    return Number.NaN
  }
}

const malformed = "it is no message of OTLP"

/** How a field is written that holds one number; messages and bytes have a length instead. */
const singleTypes: Readonly<Record<string, number>> = {
  eight: wire.eight,
  eights: wire.eight,
  four: wire.four,
  long: wire.varint,
  varint: wire.varint,
  varints: wire.varint
}
