/**
 * Text that others chose, made safe to read: what has no shape of its own (controls, marks that turn the direction of
 * writing, other invisible marks) is written as an escape, so that text can't look like another one.
 */

/** Beyond this nothing is shown but an ellipsis; the whole text is in the title. */
const longest = 200

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu

const escaped = (character: string): string =>
  character === "\n"
    ? "\\n"
    : character === "\t"
      ? "\\t"
      : character === "\r"
        ? "\\r"
        : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`

/** The text with escapes for what can't be seen. */
export const visibleText = (text: string): string => text.replace(invisible, escaped)

/** The same of a text of several lines, which stay lines. */
export const visibleLines = (text: string): string =>
  text.replace(invisible, (character) => (/[\n\t]/.test(character) ? character : escaped(character)))

/** The text, cut where it is long. A character of two units is not cut in half. */
export const shortText = (text: string): string => {
  const shown = visibleText(text.slice(0, longest + 1))
  if (text.length <= longest && shown.length <= longest) {
    return shown
  }
  return `${shown.slice(0, longest).replace(/[\ud800-\udbff]$/, "")}…`
}
