/** A value in one line of an error: of any type, and of a length that can be read. */
import * as Inspectable from "effect/Inspectable"

/** The value as JSON where it has any. */
export const textOfValue = (value: unknown): string => {
  const text = Inspectable.toStringUnknown(value, 0)
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

const maxLength = 500
