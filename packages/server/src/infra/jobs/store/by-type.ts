/**
 * Statements that ask for each type by itself, so that an index gives the first rows of each in their order: what is
 * found costs what is found, however many rows there are. The types themselves are found by skipping through the index.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"

/** The types of the rows of a table that pass a condition, which is that of an index or its first column. */
export const typesOf = (
  sql: SqlClient.SqlClient,
  table: string,
  condition: string
): Effect.Effect<ReadonlyArray<string>, SqlError> =>
  Effect.map(
    sql<{ readonly type: string }>`
      WITH RECURSIVE ${typesIn(sql, `${table} WHERE ${condition}`)} SELECT type FROM types WHERE type IS NOT NULL`,
    (found) => found.map(({ type }) => type)
  )

/** A recursive relation `types` with these types and, last, NULL. */
export const typesIn = (sql: SqlClient.SqlClient, table: string): Statement.Fragment => {
  const rows = sql.literal(table)
  return sql`types(type) AS (
    SELECT first.type FROM (SELECT type FROM ${rows} ORDER BY type LIMIT 1) first
    UNION ALL
    SELECT (SELECT type FROM ${rows} AND type > types.type ORDER BY type LIMIT 1) FROM types
    WHERE types.type IS NOT NULL)`
}

/** The most selections of one statement: SQLite takes at most five hundred. */
export const mostTogether = 100

/** The rows of all of these selections, each of which has its own order and limit. */
export const rowsOf = <Row extends object>(
  sql: SqlClient.SqlClient,
  selections: ReadonlyArray<Statement.Fragment>
): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
  Effect.forEach(Arr.chunksOf(selections, mostTogether), (some) => sql<Row>`${union(sql, some)}`).pipe(
    Effect.map((parts) => parts.flat())
  )

/** These selections as one. */
export const union = (sql: SqlClient.SqlClient, selections: ReadonlyArray<Statement.Fragment>): Statement.Fragment =>
  Statement.join(
    " UNION ALL ",
    false
  )(selections.map((selection, index) => sql`SELECT * FROM (${selection}) ${sql.literal(`part_${index}`)}`))
