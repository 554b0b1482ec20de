/**
 * Numbers in OTLP's JSON. OpenTelemetry's serialisers write `null` for one that is not finite, and an integer of 64 bits
 * for a whole number of any size; a receiver refuses the whole request for either.
 */

/** The same request with no value in the place of what JSON has no number for, and large whole numbers as doubles. */
export const soundNumbers = (request: Uint8Array): Uint8Array => {
  const text = Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString()
  const sound = text.replace(notFinite, "{}").replace(large, '"doubleValue":$1')
  return sound === text ? request : Buffer.from(sound)
}

// Quotes within a text are escaped: neither can be a part of one.
const notFinite = /\{"doubleValue":null\}/g
const large = /"intValue":(-?(?:\d{19,}|[\d.]+e\+\d+))(?=\})/g
