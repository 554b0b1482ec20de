/** Text of a request as a log line can take it. */

/** No longer than so many characters. */
const longest = 200

/** Without what ends a line, hides text or turns its direction, and shortened. */
export const cleanText = (text: string): string => {
  const cleaned = text
    .slice(0, longest + 1)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD")
  return cleaned.length > longest ? `${cleaned.slice(0, longest - 1).toWellFormed()}…` : cleaned
}
