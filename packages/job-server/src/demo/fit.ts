/** Text in lines that a terminal does not break. */

/** A text of at most `width` characters: where it is longer, its middle is left out. */
export const shortened = (text: string, width: number): string => {
  if (text.length <= width) {
    return text
  }
  const end = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - end)}\u2026${end === 0 ? "" : text.slice(-end)}`
}

/** A line as lines of at most `width` characters, broken between words; a word that is longer stays whole. */
export const wrapped = (line: string, width: number): ReadonlyArray<string> => {
  const indent = /^ */.exec(line)?.[0] ?? ""
  const lines: Array<string> = []
  let current = indent
  for (const word of line.trim().split(" ")) {
    if (current.length > indent.length && current.length + 1 + word.length > width) {
      lines.push(current)
      current = indent
    }
    current += current.length === indent.length ? word : ` ${word}`
  }
  return [...lines, current]
}
