/**
 * Where the tables are: which schema and prefix, and that nothing else has their names. An application's own table
 * `jobs` is left alone.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { OptionsError } from "../../../observe/instrument/options-error.ts"
import { indexNames, quoted, tableNames, type Tables, tablesOf } from "./dialect.ts"
import { migrationNames } from "./migrations.ts"

/** How the tables of jobs are named. */
export interface TableOptions {
  /** Goes before the name of each table and index: `"app_"` makes `app_jobs` of `jobs`; none unless given. */
  readonly tablePrefix?: string | undefined
  /** On PostgreSQL the schema of the tables, made where there is none; the first of the `search_path` unless given. */
  readonly schema?: string | undefined
}

/** The tables, and the name of that of the migrations as a migrator takes it. */
export interface Place {
  readonly tables: Tables
  readonly migrationsTable: string
  /** On PostgreSQL. */
  readonly schema: string | undefined
}

/** The names of the tables that migrations 1 and 2 made. */
const firstTables: ReadonlyArray<string> = [tableNames.jobs, tableNames.errors, tableNames.migrations]

const ours: ReadonlyArray<string> = [...Object.values(tableNames), ...Object.values(indexNames)]

/** Finds the place of the tables, which exist there or can be made. */
export const findPlace = (
  sql: SqlClient.SqlClient,
  { schema, tablePrefix = "" }: TableOptions
): Effect.Effect<Place, OptionsError | SqlError> =>
  Effect.gen(function* () {
    if (!/^([a-z_][a-z0-9_]{0,31})?$/.test(tablePrefix)) {
      const expected = "at most 32 small letters, digits and underscores, no digit first"
      return yield* OptionsError.of({ option: "tablePrefix", given: tablePrefix, expected })
    }
    const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
    if (!isPostgres && schema !== undefined) {
      return yield* OptionsError.of({ option: "schema", given: schema, expected: "none: only PostgreSQL has schemas" })
    }
    const inSchema = isPostgres ? yield* schemaOf(sql, tablePrefix, schema) : undefined
    const tables = tablesOf(tablePrefix, inSchema)
    yield* refuseTaken(sql, { tables, inSchema })
    const bare = tablePrefix + tableNames.migrations
    return { tables, schema: inSchema, migrationsTable: inSchema === undefined ? bare : `${inSchema}.${bare}` }
  })

/** The schema that was asked for, else the one that has the tables already, else the first of the search path. */
const schemaOf = (
  sql: SqlClient.SqlClient,
  prefix: string,
  schema: string | undefined
): Effect.Effect<string, OptionsError | SqlError> =>
  Effect.gen(function* () {
    if (schema !== undefined) {
      // The migrator takes a dot for what stands between a schema and a table, and folds nothing.
      if (!/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
        const expected = "at most 63 small letters, digits and underscores, no digit and no pg_ first"
        return yield* OptionsError.of({ option: "schema", given: schema, expected })
      }
      const [found] = yield* sql`SELECT 1 AS found FROM pg_namespace WHERE nspname = ${schema}`
      if (found === undefined) {
        yield* sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`)
      }
      return schema
    }
    const migrations = quoted(prefix + tableNames.migrations)
    const [row] = yield* sql<{ readonly name: string | null }>`
      SELECT coalesce(
        (SELECT nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
         WHERE c.oid = to_regclass(${migrations})), current_schema())::text AS name`
    return (
      row?.name ??
      (yield* OptionsError.of({ option: "schema", given: "none", expected: "a schema, as the search_path has none" }))
    )
  })

/** What has a name that a table is to have, although no migration of these tables made it. */
const refuseTaken = (
  sql: SqlClient.SqlClient,
  { inSchema, tables }: { readonly tables: Tables; readonly inSchema: string | undefined }
): Effect.Effect<void, OptionsError | SqlError> =>
  Effect.gen(function* () {
    const names = ours.map((name) => tables.prefix + name)
    // Each table, and the sequence of one, is to have a type of its name too.
    const rowTypes = [...Object.values(tableNames), `${tableNames.uncounted}_seq_seq`].map(
      (name) => tables.prefix + name
    )
    const existing = yield* inSchema === undefined
      ? sql<{ readonly name: string }>`
          SELECT lower(name) AS name FROM sqlite_master WHERE lower(name) IN ${sql.in(names)}`
      : sql<{ readonly name: string }>`
          SELECT relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = ${inSchema} AND ${sql.in("relname", names)}
          UNION
          SELECT typname::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
          WHERE n.nspname = ${inSchema} AND typrelid = 0 AND typelem = 0 AND ${sql.in("typname", rowTypes)}`
    const migrations = tables.prefix + tableNames.migrations
    const made = yield* madeBy(
      sql,
      tables,
      existing.some(({ name }) => name === migrations)
    )
    const taken = existing.find(({ name }) => !made.has(name.slice(tables.prefix.length)))
    if (taken !== undefined) {
      return yield* new OptionsError({
        option: "tablePrefix",
        given: JSON.stringify(tables.prefix),
        expected: `names that nothing else has, but the database has another "${taken.name}"`,
        fix: inSchema === undefined ? "Give a tablePrefix" : "Give a tablePrefix or a schema"
      })
    }
  })

/**
 * The bare names of those tables that our migrations have made. A table of migrations is ours if each row that this
 * version knows is as it was written; later ones are of later versions, which only add.
 */
const madeBy = (sql: SqlClient.SqlClient, tables: Tables, exists: boolean): Effect.Effect<ReadonlySet<string>> =>
  exists
    ? sql
        .unsafe<{ readonly id: number; readonly name: string }>(
          `SELECT migration_id AS id, name FROM ${tables.migrations}`
        )
        .pipe(
          Effect.map((rows): ReadonlySet<string> => {
            const areOurs = rows.every(({ id, name }) => id > migrationNames.length || migrationNames[id - 1] === name)
            const has = (id: number) => areOurs && rows.some((row) => row.id === id)
            return new Set(rows.length === 0 ? [tableNames.migrations] : has(3) ? ours : has(1) ? firstTables : [])
          }),
          // A table of that name that has other columns.
          Effect.orElseSucceed(() => new Set<string>())
        )
    : Effect.succeed(new Set<string>())
