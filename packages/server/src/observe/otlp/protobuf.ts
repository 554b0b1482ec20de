/** The two kinds of protobuf fields that OTLP's answers consist of. */

/** The varint and length-delimited fields of a message by number; what comes after another kind is not read. */
export const fieldsOf = (message: Buffer): ReadonlyMap<number, number | Buffer> => {
  const fields = new Map<number, number | Buffer>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        break
      }
    }
    return value
  }
  while (at < message.length) {
    const tag = varint()
    const value = varint()
    switch (tag & 7) {
      case 0:
        fields.set(tag >>> 3, value)
        break
      case 2:
        fields.set(tag >>> 3, message.subarray(at, at + value))
        at += value
        break
      default:
        return fields
    }
  }
  return fields
}
