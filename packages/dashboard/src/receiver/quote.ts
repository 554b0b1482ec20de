/** Texts of strangers in messages: short, on one line, without characters that a terminal would obey. */

const maxLength = 200

/** At most 200 characters of a text, and nothing that is not printed. */
export const shorten = (text: string): string => {
  const start = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text
  return plain.test(start) ? start : start.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, "?")
}

const plain = /^[ -~]*$/

/** A value in quotes; what is not a scalar only by its kind, as it may be as large as the whole request. */
export const quote = (value: unknown): string => {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "an object"
  }
  return JSON.stringify(typeof value === "string" ? shorten(value) : value) ?? "undefined"
}
