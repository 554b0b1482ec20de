/** The two kinds of protobuf fields that OTLP's answers consist of. */

/** A field by its number. */
export type Field = readonly [number: number, value: number | Buffer]

/** The fields of a message by number; of those that are repeated, the last. */
export const fieldsOf = (message: Buffer): ReadonlyMap<number, number | Buffer> => new Map(allFields(message))

/**
 * The varint and length-delimited fields of a message. Those of fixed size are passed over; groups end it. A negative
 * number is NaN, as is what has more than 63 bits.
 */
export const allFields = (message: Buffer): ReadonlyArray<Field> => {
  const fields: Array<Field> = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++] ?? 0
      const bits = byte & 0x7f
      value = scale < 2 ** 63 ? value + bits * scale : bits === 0 ? value : Number.NaN
      if (byte < 0x80) {
        break
      }
    }
    return value
  }
  while (at < message.length) {
    const tag = varint()
    switch (tag & 7) {
      case 0:
        fields.push([tag >>> 3, varint()])
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        fields.push([tag >>> 3, message.subarray(at, at + length)])
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        return fields
    }
  }
  return fields
}
