/**
 * Text from outside, made fit to be kept and shown. It is cut before it is cleaned, so that this takes microseconds
 * whatever the text is, and what is left of a long text does not keep the whole of it in memory.
 */
import { attempt } from "./attempt.ts"

/**
 * Well-formed Unicode in NFKC, without control, zero-width and bidirectional characters, at most `length` characters and
 * then `...`. Cleaning twice changes nothing. What the types rule out becomes a text, an empty one where it has none.
 */
export const cleanTo = (text: string, length: number): string => {
  // Removing can bring characters together that compose, and composing can bring up what is to be removed, so the steps
  // repeat until the text rests. At most four characters compose to one.
  let current = beginning(textOf(text), length * 8).toWellFormed()
  for (let next = normalise(current, length * 4); next !== current; next = normalise(current, length * 4)) {
    current = next
  }
  return cut(current, length)
}

/**
 * The same text by itself: the engine keeps a long text for as long as a part of it is kept, and this is a copy. What
 * is stored goes through it, since nobody knows what a text was cut from. Of parts under 13 characters V8 makes copies.
 * What is no text stays as it is.
 */
export const detached = (text: string): string =>
  typeof text !== "string" || text.length < 13 ? text : ` ${text}`.slice(1)

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : (attempt(() => String(value ?? "")) ?? "")

const unwanted = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

// The limit of Unicode's stream-safe text: no language has more, and putting n of them in order takes n * n steps.
const surplusMarks = /(\p{M}{30})\p{M}+/gu

const ellipsis = "..."

const normalise = (text: string, length: number): string => {
  const wanted = beginning(text.replace(unwanted, ""), length).replace(surplusMarks, "$1")
  return beginning(wanted.normalize("NFKC"), length)
}

const cut = (text: string, length: number): string => {
  const isShort = text.length <= length
  const isCutAlready = text.length <= length + ellipsis.length && text.endsWith(ellipsis)
  return detached(isShort || isCutAlready ? text : `${beginning(text, length)}${ellipsis}`)
}

/** At most so many characters, and no half of one. */
const beginning = (text: string, length: number): string => {
  if (text.length <= length) {
    return text
  }
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}
