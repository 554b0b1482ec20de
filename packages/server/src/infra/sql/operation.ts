/** What a statement does, for its labels: its first keyword, and its table where that is certain. */
import { dbOperations } from "../../observe/catalogue/db.ts"
import { type Quoting, type Token, tokensOf } from "./tokens.ts"

/** The labels of a statement. */
export interface Operation {
  /** The label `db_operation_name`, one of `dbOperations`. */
  readonly name: string
  /** The label `db_collection_name`. */
  readonly collection: string | undefined
}

/** A statement whose text is not known. */
export const otherOperation: Operation = { name: "_OTHER", collection: undefined }

const operations: ReadonlySet<string> = new Set(dbOperations)

// What stands before the first keyword: space, comments, parentheses. There is one way to read each, so that no text takes
// more than linear time, and no keyword is one that stands in a comment.
const first = /^(?:[\s(]|--[^\n]*(?:\n|$)|\/\*(?:(?!\/\*|\*\/)[^])*\*\/)*([A-Za-z]+)/

/** What a statement does. */
export const operationOf = (sql: string, dialect: string): Operation => {
  const name = first.exec(sql)?.[1]?.toUpperCase()
  if (name === undefined || !operations.has(name)) {
    return otherOperation
  }
  const find = finders[name]
  return { name, collection: find === undefined ? undefined : collectionOf(sql, dialect, find) }
}

const collectionOf = (sql: string, dialect: string, find: Finder): string | undefined => {
  const quoting: Quoting = {
    brackets: dialect === "microsoft.sql_server" ? "names" : dialect === "sqlite" ? "doubtful" : "plain"
  }
  const tokens = tokensOf(withoutHead(sql), quoting)
  return tokens === undefined || hasSecondStatement(tokens) ? undefined : find(new Reading(tokens), dialect)
}

// The comments before the statement, which every dialect has ended where it begins.
const withoutHead = (sql: string): string => {
  const found = first.exec(sql)
  return found === null ? sql : sql.slice(found[0].length - (found[1] ?? "").length)
}

const hasSecondStatement = (tokens: ReadonlyArray<Token>): boolean => {
  const end = tokens.findIndex(({ kind, text }) => kind === "other" && text === ";")
  return end !== -1 && end < tokens.length - 1
}

/** The tokens from a place on. */
class Reading {
  private readonly tokens: ReadonlyArray<Token>
  at = 1

  constructor(tokens: ReadonlyArray<Token>) {
    this.tokens = tokens
  }

  /** The keyword that is next, in upper case. */
  get word(): string | undefined {
    const token = this.tokens[this.at]
    return token?.kind === "word" ? token.text.toUpperCase() : undefined
  }

  /** Nothing follows but the end of the statement. */
  get isAtEnd(): boolean {
    return this.at >= this.tokens.length || this.symbol === ";"
  }

  /** The sign that is next. */
  get symbol(): string | undefined {
    const token = this.tokens[this.at]
    return token?.kind === "other" ? token.text : undefined
  }

  /** Takes the keyword that is next, if it is this one. */
  take(word: string): boolean {
    const isNext = this.word === word
    this.at += isNext ? 1 : 0
    return isNext
  }

  /** Takes a name with what qualifies it, as it is called without quotes. */
  name(): string | undefined {
    const parts: Array<string> = []
    do {
      const token = this.tokens[this.at]
      const isName = token?.kind === "quoted" || (token?.kind === "word" && !noName.has(token.text.toUpperCase()))
      if (!isName) {
        return undefined
      }
      parts.push(token.text)
      this.at += 1
    } while (this.takeSymbol("."))
    return parts.join(".")
  }

  /** Takes another name for the table, where there is one. */
  alias(): void {
    const hasAs = this.take("AS")
    const token = this.tokens[this.at]
    const isAlias =
      token?.kind === "quoted" || (token?.kind === "word" && (hasAs || !clauses.has(token.text.toUpperCase())))
    this.at += isAlias ? 1 : 0
  }

  /** How often a keyword is there, at any depth. */
  count(...words: ReadonlyArray<string>): number {
    return this.tokens.filter(({ kind, text }) => kind === "word" && words.includes(text.toUpperCase())).length
  }

  /** Goes behind the keyword `FROM` that is in no parentheses; false where there is not exactly one. */
  toFrom(): boolean {
    let depth = 0
    const found = this.tokens.flatMap(({ kind, text }, index) => {
      depth += kind !== "other" ? 0 : text === "(" ? 1 : text === ")" ? -1 : 0
      const isFrom = depth === 0 && kind === "word" && text.toUpperCase() === "FROM"
      return isFrom && !this.isDistinct(index - 1) ? [index] : []
    })
    this.at = (found[0] ?? 0) + 1
    return found.length === 1
  }

  // `IS DISTINCT FROM` is an operator.
  private isDistinct(index: number): boolean {
    const token = this.tokens[index]
    return token?.kind === "word" && token.text.toUpperCase() === "DISTINCT"
  }

  private takeSymbol(symbol: string): boolean {
    const isNext = this.symbol === symbol
    this.at += isNext ? 1 : 0
    return isNext
  }
}

// Keywords that may stand where the name of a table is expected.
const noName = new Set(
  (
    "ONLY LATERAL TABLE FUNCTION SELECT VALUES WITH LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK IGNORE OR TOP STATISTICS " +
    "UNNEST INTO FROM SET WHERE ROWS DUAL"
  ).split(" ")
)

// What may follow the only table of a query, or the table of a change.
const clauses = new Set(
  "WHERE GROUP HAVING ORDER LIMIT OFFSET FETCH FOR WINDOW RETURNING SET USING FROM JOIN INNER LEFT RIGHT FULL CROSS NATURAL ON".split(
    " "
  )
)
const afterOnlyTable = new Set("WHERE GROUP HAVING ORDER LIMIT OFFSET FETCH FOR WINDOW".split(" "))
const afterDeletedTable = new Set("WHERE USING RETURNING ORDER LIMIT".split(" "))

type Finder = (reading: Reading, dialect: string) => string | undefined

const ends = (reading: Reading, clausesThen: ReadonlySet<string>): boolean =>
  reading.isAtEnd || (reading.word !== undefined && clausesThen.has(reading.word))

const ofSelect: Finder = (reading) => {
  if (reading.count("SELECT") !== 1 || reading.count("UNION", "INTERSECT", "EXCEPT", "INTO", "TABLE") !== 0) {
    return undefined
  }
  const name = reading.toFrom() ? reading.name() : undefined
  reading.alias()
  return ends(reading, afterOnlyTable) ? name : undefined
}

const insertWords = new Set("OR REPLACE IGNORE ABORT FAIL ROLLBACK LOW_PRIORITY HIGH_PRIORITY DELAYED".split(" "))

const ofInsert: Finder = (reading) => {
  while (reading.word !== undefined && insertWords.has(reading.word)) {
    reading.at += 1
  }
  return reading.take("INTO") ? reading.name() : undefined
}

// SQL Server and MySQL allow an alias for the table here, and say elsewhere whose it is.
const mayBeAlias = (dialect: string): boolean => dialect === "microsoft.sql_server" || dialect === "mysql"

const ofUpdate: Finder = (reading, dialect) => {
  const name = reading.name()
  reading.alias()
  return reading.word === "SET" && !(mayBeAlias(dialect) && reading.count("FROM") > 0) ? name : undefined
}

const ofDelete: Finder = (reading, dialect) => {
  const name = reading.take("FROM") ? reading.name() : undefined
  reading.alias()
  const isSure = !mayBeAlias(dialect) || (reading.count("USING") === 0 && reading.count("FROM") === 1)
  return isSure && ends(reading, afterDeletedTable) ? name : undefined
}

const finders: Readonly<Record<string, Finder>> = {
  SELECT: ofSelect,
  INSERT: ofInsert,
  REPLACE: ofInsert,
  UPDATE: ofUpdate,
  DELETE: ofDelete
}
