/** The ids of traces and spans. */

/** Its bytes; the schema takes whatever has a length for bytes, such as a list, which has none. */
export const idBytes = (id: unknown): Uint8Array => (id instanceof Uint8Array ? id : noBytes)

const noBytes = new Uint8Array()

/** The lengths of ids in bytes. */
export const idLength = { trace: 16, span: 8 } as const

export const hexOf = (id: Uint8Array): string => Buffer.from(id).toString("hex")

export const isZero = (id: Uint8Array): boolean => id.every((byte) => byte === 0)

/** An id in hex, or `undefined` where it has another length or is all zeros. */
export const idOf = (id: unknown, of: keyof typeof idLength): string | undefined => {
  const bytes = idBytes(id)
  return bytes.length === idLength[of] && !isZero(bytes) ? hexOf(bytes) : undefined
}
