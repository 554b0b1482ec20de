/** Protobuf to what the same request is in JSON, so that both are read by one decoder. */
import * as Predicate from "effect/Predicate"
import { append } from "./append.ts"
import { type Field, type FieldType, type MessageName, messages } from "./messages.ts"

/** The message as OTLP's JSON has it; undefined where the bytes are none. Fields that are not known are passed over. */
export const fromProtobuf = (bytes: Uint8Array, type: MessageName): Readonly<Record<string, unknown>> | undefined => {
  const reader = new Reader(bytes)
  const message = read(reader, bytes.length, type)
  return reader.isBroken ? undefined : message
}

const read = (reader: Reader, end: number, type: MessageName): Record<string, unknown> => {
  const message: Record<string, unknown> = {}
  while (reader.at < end && !reader.isBroken) {
    const tag = Number(reader.varint())
    const field = fieldOf(type, tag >>> 3)
    if (field === undefined) {
      reader.skip(tag & 7)
    } else {
      put(message, field, valuesOf(reader, field, tag & 7))
    }
  }
  return message
}

const fieldOf = (type: MessageName, number: number): Field | undefined => {
  const fields: Readonly<Record<number, unknown>> = messages[type]
  const found = fields[number]
  return isField(found) ? found : undefined
}

const isField = (value: unknown): value is Field => Array.isArray(value) && Predicate.isString(value[0])

const put = (message: Record<string, unknown>, [name, , list]: Field, values: Array<unknown>): void => {
  if (list === undefined) {
    message[name] = values.at(-1)
    return
  }
  const known = message[name]
  if (Array.isArray(known)) {
    append(known, values)
  } else {
    message[name] = values
  }
}

const isMessage = (type: FieldType): type is MessageName => Object.hasOwn(messages, type)

/** One value; several where numbers of a list are packed into one field. */
const valuesOf = (reader: Reader, [, type, list]: Field, wire: number): Array<unknown> => {
  if (wire !== lengthDelimited) {
    return [reader.scalar(type, wire)]
  }
  const end = reader.length()
  if (isMessage(type)) {
    return [read(reader, end, type)]
  }
  if (type === "string" || type === "hex" || type === "base64") {
    return [reader.text(end, type)]
  }
  const values: Array<unknown> = []
  while (list !== undefined && reader.at < end && !reader.isBroken) {
    values.push(reader.scalar(type, wireOf(type)))
  }
  reader.at = end
  return values
}

const lengthDelimited = 2

const wireOf = (type: FieldType): number =>
  type === "double" || type === "fixed64" || type === "sfixed64" ? 1 : type === "fixed32" ? 5 : 0

class Reader {
  at = 0
  isBroken = false
  private readonly bytes: Uint8Array
  private readonly view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) {
        break
      }
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        return value
      }
    }
    this.isBroken = true
    return value
  }

  /** Where what has a length ends. */
  length(): number {
    const length = Number(this.varint())
    return this.checked(this.at + length)
  }

  /** A number as JSON has it: 64 bits as digits, what is not finite as its name. */
  scalar(type: FieldType, wire: number): unknown {
    if (wire !== wireOf(type)) {
      this.skip(wire)
      return undefined
    }
    if (wire === 0) {
      return varints(this.varint(), type)
    }
    const from = this.at
    this.at = this.checked(from + (wire === 1 ? 8 : 4))
    if (this.isBroken) {
      return undefined
    }
    switch (type) {
      case "double": {
        const value = this.view.getFloat64(from, true)
        return Number.isFinite(value) ? value : String(value)
      }
      case "sfixed64":
        return String(this.view.getBigInt64(from, true))
      case "fixed64":
        return String(this.view.getBigUint64(from, true))
      default:
        return this.view.getUint32(from, true)
    }
  }

  text(end: number, type: "string" | "hex" | "base64"): string {
    const bytes = this.bytes.subarray(this.at, end)
    this.at = end
    return Buffer.from(bytes).toString(type === "string" ? "utf8" : type)
  }

  skip(wire: number): void {
    switch (wire) {
      case 0:
        this.varint()
        break
      case 1:
        this.at = this.checked(this.at + 8)
        break
      case 2:
        this.at = this.length()
        break
      case 5:
        this.at = this.checked(this.at + 4)
        break
      default:
        this.isBroken = true
    }
  }

  private checked(end: number): number {
    this.isBroken ||= end > this.bytes.length
    return Math.min(end, this.bytes.length)
  }
}

const varints = (value: bigint, type: FieldType): unknown => {
  switch (type) {
    case "bool":
      return value !== 0n
    case "int64":
      return String(BigInt.asIntN(64, value))
    case "uint64":
      return String(BigInt.asUintN(64, value))
    case "sint32":
      return Number(BigInt.asIntN(32, (value >> 1n) ^ -(value & 1n)))
    default:
      return Number(BigInt.asIntN(32, value))
  }
}
