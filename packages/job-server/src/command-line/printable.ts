/**
 * Text as a terminal may have it. Names of files, payloads and errors are written by others: an escape sequence in one
 * could clear the screen, hide a line, or make one look like another.
 */
import * as Console from "effect/Console"
import type * as Effect from "effect/Effect"

/** The text, with what a terminal obeys instead of showing as the escapes of JSON. Lines and tabs stay. */
export const printable = (text: string): string => text.replace(obeyed, escaped)

/** The same of a text that is one line, whatever is in it. */
export const oneLine = (text: string): string => printable(text).replaceAll("\n", escaped("\n"))

/** Prints to standard output. */
export const print = (text: string): Effect.Effect<void> => Console.log(printable(text))

/** Prints to standard error. */
export const printError = (text: string): Effect.Effect<void> => Console.error(printable(text))

// Controls, bidirectional and other invisible marks, breaks of lines and paragraphs, halves of characters. Joiners stay:
// scripts and emoji need them.
const obeyed = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escaped = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")
