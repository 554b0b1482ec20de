/** The tables in which `@effect/cluster` 0.60 stores messages, and how PostgreSQL and SQLite spell what is asked of them. */
import type * as SqlClient from "@effect/sql/SqlClient"

/** The dialects whose tables are known here. */
export type KnownDialect = "pg" | "sqlite"

/** The message table of a prefix, and the words of its dialect. */
export interface MessageTable {
  readonly name: string
  /** The table of shard locks of the same prefix; PostgreSQL has it where advisory locks are turned off. */
  readonly locks: string
  readonly dialect: KnownDialect
  /** `processed = FALSE`, as the indexes know it. */
  readonly isUnprocessed: string
}

/** The message table of a prefix; `undefined` where the dialect is neither PostgreSQL nor SQLite. */
export const messageTable = (sql: SqlClient.SqlClient, prefix = "cluster"): MessageTable | undefined => {
  const dialect = sql.onDialectOrElse({
    pg: () => "pg" as const,
    sqlite: () => "sqlite" as const,
    orElse: () => undefined
  })
  return dialect === undefined
    ? undefined
    : {
        name: `${prefix}_messages`,
        locks: `${prefix}_locks`,
        dialect,
        isUnprocessed: dialect === "pg" ? "processed = FALSE" : "processed = 0"
      }
}

/** A count or time that came as a number, a bigint or, from PostgreSQL, as text; `null` is 0. */
export const toNumber = (value: unknown): number => (value === null || value === undefined ? 0 : Number(value))
