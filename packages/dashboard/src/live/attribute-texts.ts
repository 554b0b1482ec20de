/** Attributes as the page shows them: texts of a length that can be sent each second. */
import type { Attributes, AttributeValue } from "../receiver/model.ts"

const maxLength = 1_000

/** As many as OpenTelemetry's SDKs allow by default where they have a limit. */
const maxAttributes = 128

/** The names with their values as text, of so many characters; a name such as `__proto__` is one like others. */
export const attributeTexts = (attributes: Attributes, longest = maxLength): Readonly<Record<string, string>> => {
  const entries = Object.entries(attributes)
  const texts = entries
    .slice(0, maxAttributes)
    .map(([name, value]): [string, string] => [cut(name), textOf(value, longest)])
  const left = entries.length - texts.length
  return Object.fromEntries(left === 0 ? texts : [...texts, ["…", `and ${left} more`]])
}

/** A value as text: a list or an object as JSON. */
export const textOf = (value: AttributeValue, longest = maxLength): string =>
  cut(typeof value === "string" ? value : JSON.stringify(value), longest)

/** So many characters of a text, also as JSON, without halves of those that can't stand in an address. */
export const cut = (text: string, longest = maxLength): string => {
  const short = text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
  return (hasEscapes.test(short) ? cutEscaped(short, longest) : short).toWellFormed()
}

const hasEscapes = /[\p{Cc}"\\]/u

/** A control character becomes six in JSON, and 77,000 metrics of such names a text that is too long for Node. */
const cutEscaped = (text: string, longest: number): string => {
  let left = longest
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    left -= code < 0x20 ? 6 : code === 0x22 || code === 0x5c ? 2 : 1
    if (left < 0) {
      return `${text.slice(0, index)}…`
    }
  }
  return text
}
