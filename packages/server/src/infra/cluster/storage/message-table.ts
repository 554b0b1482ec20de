/** The table in which `@effect/cluster` 0.60 stores messages, on PostgreSQL and on SQLite. */
import type * as SqlClient from "@effect/sql/SqlClient"

/** Where the messages are stored. */
export interface MessageTableOptions {
  /** The prefix of the tables, as given to `SqlMessageStorage.layerWith`; `cluster` by default. */
  readonly prefix?: string | undefined
}

/** The dialects whose tables are known here. */
export type KnownDialect = "pg" | "sqlite"

/** The message table of a prefix, in its dialect. */
export interface MessageTable {
  readonly name: string
  /** The table of shard locks. On PostgreSQL it exists only where advisory locks are turned off. */
  readonly locks: string
  readonly dialect: KnownDialect
  /** The condition `processed = FALSE`, in the form that the indexes have. */
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

/** A count or a time, which drivers return as a number, a bigint or, on PostgreSQL, text; `null` is 0. */
export const toNumber = (value: unknown): number => (value === null || value === undefined ? 0 : Number(value))
