/**
 * The tokens of a statement, as far as all dialects agree on them. Where they do not, there are none: what one takes for
 * code another may take for text, and text must not become a label.
 */

/** A token. Of a name in quotes, `text` is what they hold. */
export interface Token {
  readonly kind: "word" | "quoted" | "string" | "other"
  /** Of a word, as it was written. */
  readonly text: string
}

/** What of a dialect the tokens depend on. */
export interface Quoting {
  /** `[name]` is a name, as in SQL Server; perhaps one, with other rules for what is in it, as in SQLite; or none. */
  readonly brackets: "names" | "doubtful" | "plain"
}

/** Longer statements are not worth the time and the memory: they have no table in their labels. */
export const maxLength = 4_000

// In the order of the alternatives: space, comments, texts, names in quotes, words, parameters and numbers, anything else.
const pattern = (name: string) =>
  new RegExp(
    [
      String.raw`(?<space>\s+|\/\*(?![!+])(?:(?!\/\*)[^])*?\*\/)`,
      String.raw`(?<string>'(?:[^']|'')*')`,
      `(?<quoted>${name})`,
      String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
      String.raw`(?<value>\$\d+|[\d.]*\d\w*)`,
      String.raw`(?<other>[^])`
    ].join("|"),
    "gy"
  )

const inQuotes = ['"(?:[^"]|"")*"', "`(?:[^`]|``)*`"]
const plain = pattern(inQuotes.join("|"))
const withBrackets = pattern([...inQuotes, String.raw`\[(?:[^\]]|\]\])*\]`].join("|"))

// An end of a text or of a comment that is somewhere else in another dialect, or a quote that is never closed.
const doubtful = /^['"`\\$#]$/

/** The tokens of a statement, without space and comments; nothing where the dialects differ. */
export const tokensOf = (sql: string, { brackets }: Quoting): ReadonlyArray<Token> | undefined => {
  if (sql.length > maxLength || sql.includes("\\")) {
    return undefined
  }
  const tokens: Array<Token> = []
  for (const { groups = {} } of sql.matchAll(brackets === "names" ? withBrackets : plain)) {
    const { other, quoted, string, value, word } = groups
    if (word !== undefined) {
      tokens.push({ kind: "word", text: word })
    } else if (quoted !== undefined) {
      tokens.push({ kind: "quoted", text: unquoted(quoted) })
    } else if (string !== undefined || value !== undefined) {
      tokens.push({ kind: "string", text: "" })
    } else if (other !== undefined) {
      const isBracket = other === "[" && brackets === "doubtful"
      if (isBracket || doubtful.test(other) || isComment(other, tokens.at(-1))) {
        return undefined
      }
      tokens.push({ kind: "other", text: other })
    }
  }
  return tokens
}

const unquoted = (name: string): string => {
  const end = name.at(-1) ?? ""
  return name.slice(1, -1).replaceAll(end + end, end)
}

// `--` and `/*` that are left: MySQL takes some of them for operators or code.
const isComment = (text: string, before: Token | undefined): boolean =>
  before?.kind === "other" && ["--", "/*"].includes(before.text + text)
