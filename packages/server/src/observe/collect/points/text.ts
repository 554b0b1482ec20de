/** Text from outside as it may go out. Types say that it is a string, which programs in JavaScript do not always keep. */

/**
 * Well-formed Unicode: a surrogate without its other half becomes U+FFFD. Empty is what is not there, undefined is what
 * has no text: a number that is not finite, an object, a symbol.
 */
export const textOf = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return value.toWellFormed()
    case "number":
      return Number.isFinite(value) ? String(value) : undefined
    case "bigint":
    case "boolean":
      return String(value)
    case "undefined":
      return ""
    default:
      return value === null ? "" : undefined
  }
}
