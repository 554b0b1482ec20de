/**
 * Jobs in SQL: every durable fact about them. What is written is one statement or one transaction, on the caller's
 * client.
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { OptionsError } from "../../observe/instrument/options-error.ts"
import { callers } from "./store/callers.ts"
import { migrate } from "./store/migrations.ts"
import { findPlace, type TableOptions } from "./store/names.ts"
import type { Operations } from "./store/operations.ts"
import { makeFunctions } from "./store/postgres-functions.ts"
import { postgres, postgresFunctions } from "./store/postgres.ts"
import { reads } from "./store/reads.ts"
import { ledger } from "./store/ledger.ts"
import { pages } from "./store/pages.ts"
import { purge } from "./store/purge.ts"
import { runners } from "./store/runners.ts"
import { samples } from "./store/samples.ts"
import { sqlite } from "./store/sqlite.ts"
import { forbidden, identityOf, openTables } from "./store/session.ts"
import { outliving } from "./transaction.ts"

/** The tables of jobs over a SQL client, as it is: neither their names nor those of their columns are transformed. */
export const make = (
  client: SqlClient.SqlClient,
  options: TableOptions = {}
): Effect.Effect<Operations, Migrator.MigrationError | OptionsError | SqlError> =>
  Effect.gen(function* () {
    const sql = client.withoutTransforms()
    // Where there are several connections, the tables are not part of a transaction that they are opened in.
    const { identity, tables } = yield* sql.onDialectOrElse({
      pg: () => outliving(place(sql, options)),
      orElse: () => place(sql, options)
    })
    const dialect = sql.onDialectOrElse({
      pg: () => postgres(tables, identity),
      orElse: () => sqlite(tables, identity)
    })
    const session = openTables({ sql, tables, identity, dialect })
    return {
      ...callers(session),
      ...purge(session),
      ...runners(session),
      ...ledger(session),
      ...reads(session),
      ...pages(session),
      ...samples(session)
    }
  })

const place = (sql: SqlClient.SqlClient, options: TableOptions) =>
  Effect.flatMap(Effect.mapError(makeTables(sql, options), orForbidden(options)), (tables) =>
    Effect.map(identityOf(sql, tables), (identity) => ({ tables, identity }))
  )

const makeTables = (sql: SqlClient.SqlClient, options: TableOptions) =>
  Effect.gen(function* () {
    const { migrationsTable, schema, tables } = yield* findPlace(sql, options)
    yield* migrate(sql, tables, migrationsTable)
    if (schema !== undefined) {
      const { ends, ...others } = postgresFunctions(tables)
      yield* makeFunctions(sql, schema, [...Object.values(others), ...Object.values(ends)])
    }
    return tables
  })

/** Says what to do where the role may not make what is missing. */
const orForbidden =
  ({ schema = "none" }: TableOptions) =>
  <E extends { readonly cause?: unknown }>(error: E): E | OptionsError =>
    Option.match(forbidden(error), {
      onNone: () => error,
      onSome: (why) =>
        new OptionsError({
          option: "schema",
          given: schema,
          expected: `one where this role may make what is missing, but ${why}`,
          fix:
            error instanceof Migrator.MigrationError
              ? "Start once as the role that owns the tables"
              : "Start once as a role that may, or grant this one CREATE on the schema"
        })
    })

/** Jobs in SQL. */
export class JobStore extends Context.Tag("@parametric-portal/server/JobStore")<JobStore, Operations>() {
  /** Brings the tables up to date, then serves them. */
  static readonly layer = (
    options?: TableOptions
  ): Layer.Layer<JobStore, Migrator.MigrationError | OptionsError | SqlError, SqlClient.SqlClient> =>
    Layer.effect(
      JobStore,
      Effect.flatMap(SqlClient.SqlClient, (client) => make(client, options))
    )
}
