/** Attributes as the page shows them: texts of a length that can be sent each second. */
import type { Attributes, AttributeValue } from "../receiver/model.ts"

const maxLength = 1_000

/** The names with their values as text; a name such as `__proto__` is one like others. */
export const attributeTexts = (attributes: Attributes): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [cut(name), textOf(value)]))

/** A value as text: a list or an object as JSON. */
export const textOf = (value: AttributeValue): string => cut(typeof value === "string" ? value : JSON.stringify(value))

/** At most a thousand characters of a text. */
export const cut = (text: string): string => (text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`)
