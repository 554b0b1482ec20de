/** The Markdown that generated pages use. */

export const code = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``

export const list = (items: ReadonlyArray<string>): string => items.map((item) => `- ${item}`).join("\n")

export const numbered = (items: ReadonlyArray<string>): string =>
  items.map((item, index) => `${index + 1}. ${item}`).join("\n")

/** Text in a cell of a table. */
export const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")

/** A table; a cell without text is empty. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n")

const line = (cells: ReadonlyArray<string>): string =>
  `|${cells.map((text) => (text === "" ? " |" : ` ${text} |`)).join("")}`
