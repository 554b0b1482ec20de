/**
 * How statements reach the tables: one by itself, several in one transaction, and in a caller's transaction only if
 * that is one of the database that has the tables.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { isInTransaction } from "../transaction.ts"
import type { Dialect, Queries, Query, Tables } from "./dialect.ts"
import { OtherDatabase } from "./other-database.ts"

/** What the tables are opened with. */
export interface SessionOptions {
  readonly sql: SqlClient.SqlClient
  readonly tables: Tables
  readonly identity: string
  readonly dialect: Dialect
}

/** The tables, open. */
export interface Session extends SessionOptions {
  readonly one: <Row extends object>(query: Query) => Effect.Effect<ReadonlyArray<Row>, SqlError>
  /** The rows of a statement, or of several in one transaction. */
  readonly run: <Row extends object>(queries: Queries) => Effect.Effect<ReadonlyArray<Row>, SqlError>
  /**
   * One transaction, or a part of the caller's. Where the answer to its commit is lost it fails, and may be committed.
   */
  readonly transaction: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E | SqlError>
  /** Fails where the effect runs in a transaction of another database. */
  readonly ours: <A>(effect: Effect.Effect<A, SqlError>) => Effect.Effect<A, SqlError | OtherDatabase>
}

export const openTables = (options: SessionOptions): Session => {
  const { sql } = options
  const one = <Row extends object>({ text, values }: Query) => sql.unsafe<Row>(text, values)
  const run = <Row extends object>(queries: Queries): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
    queries.length === 1
      ? one<Row>(queries[0])
      : transaction(Effect.map(Effect.forEach(queries, one<Row>), (all) => all.flat()))
  const transaction = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | SqlError> =>
    Effect.catchSomeDefect(sql.withTransaction(effect), (defect) =>
      defect instanceof SqlError ? Option.some(Effect.fail(defect)) : Option.none()
    )
  const isOurs = isOursOf(options)
  const ours = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError | OtherDatabase> =>
    Effect.flatMap(isInTransaction, (is) =>
      is ? Effect.if(isOurs, { onTrue: () => effect, onFalse: () => new OtherDatabase() }) : effect
    )
  return { ...options, one, run, transaction, ours }
}

const isOursOf = ({ identity, sql, tables }: SessionOptions): Effect.Effect<boolean, SqlError> =>
  Effect.catchIf(
    Effect.map(sql.unsafe(`SELECT id FROM ${tables.identity} WHERE id = '${identity}'`), (rows) => rows.length > 0),
    isUnknown,
    () => Effect.succeed(false)
  )

/** A statement names what its database does not have, or is not written in its language. */
export const isUnknown = ({ cause }: SqlError): boolean =>
  Predicate.hasProperty(cause, "code") &&
  Predicate.isString(cause.code) &&
  /^(42P01|42703|42601|42883|3F000|SQLITE_ERROR)$/.test(cause.code)

/** What the database says of a statement that the role may not make, by itself or in a migration. */
export const forbidden = ({ cause }: { readonly cause?: unknown }): Option.Option<string> =>
  cause instanceof SqlError
    ? forbidden(cause)
    : Predicate.hasProperty(cause, "code") && cause.code === "42501" && Predicate.isError(cause)
      ? Option.some(cause.message)
      : Option.none()

/** The row by which a database is known. */
export const identityOf = (sql: SqlClient.SqlClient, tables: Tables): Effect.Effect<string, SqlError> => {
  let attempts = 0
  // The client of SQLite keeps a statement that failed once for a while: each attempt is another one.
  return Effect.suspend(() =>
    sql.unsafe<{ readonly id: string }>(`SELECT id FROM ${tables.identity} -- ${(attempts += 1)}`)
  ).pipe(
    // Another process may still be making the tables.
    Effect.retry(Schedule.intersect(Schedule.recurs(50), Schedule.spaced("200 millis"))),
    Effect.flatMap(([row]) =>
      row === undefined ? Effect.dieMessage(`${tables.identity} is empty`) : Effect.succeed(row.id)
    )
  )
}
