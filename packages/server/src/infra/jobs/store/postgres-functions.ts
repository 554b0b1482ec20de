/**
 * Functions of PostgreSQL for statements that are made for single jobs. Each connection keeps the plan of a function; a
 * statement that is sent as text is analysed and planned each time, which takes longer than to run it, and one that is
 * prepared by name is lost behind PgBouncer. The name of a function says which text it has, so that another version of
 * this library has its own beside it.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Schedule from "effect/Schedule"
import { OptionsError } from "../../../observe/instrument/options-error.ts"
import type { Query, Tables } from "./dialect.ts"

/** What a function is made of. */
export interface FunctionOptions {
  /** Without what tells versions apart, and without the prefix of the tables. */
  readonly name: string
  /** The types of `$1` and those after it. */
  readonly parameters: string
  /** The columns of its rows, with their types. */
  readonly columns: string
  /** A block of PL/pgSQL. */
  readonly block: string
}

/** A function of the database. */
export interface DatabaseFunction {
  /** Its name without schema and quotes. */
  readonly bare: string
  readonly creation: string
  readonly call: (values: ReadonlyArray<unknown>) => Query
}

/**
 * A plan is kept for as long as its connection, perhaps from when the tables were empty: it finds rows through indexes,
 * whatever the statistics say, and is the same for all values.
 */
const settings = `SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off`

/** A function beside the tables. */
export const databaseFunction = (
  { named, prefix }: Tables,
  { block, columns, name, parameters }: FunctionOptions
): DatabaseFunction => {
  const rest = `(${parameters}) RETURNS TABLE (${columns}) LANGUAGE plpgsql ${settings} AS $function$
    #variable_conflict use_column
    ${block}
    $function$`
  const bare = `${name}_${(Hash.string(rest) >>> 0).toString(36)}`
  const called = named(bare)
  const given = parameters
    .split(",")
    .map((_, index) => `$${index + 1}`)
    .join(", ")
  return {
    bare: prefix + bare,
    creation: `CREATE FUNCTION ${called}${rest}`,
    call: (values) => ({ text: `SELECT * FROM ${called}(${given})`, values })
  }
}

/** The block of a function that gives the rows of one statement. */
export const rowsOf = (statement: string): string => `BEGIN RETURN QUERY ${statement}; END`

/** Makes those functions that are not there; several processes may do so at the same time. */
export const makeFunctions = (
  sql: SqlClient.SqlClient,
  schema: string,
  functions: ReadonlyArray<DatabaseFunction>
): Effect.Effect<void, SqlError | OptionsError> =>
  sql<FoundFunction>`
    SELECT proname::text AS name, has_function_privilege(p.oid, 'EXECUTE') AS may
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ${schema} AND ${sql.in(
      "proname",
      functions.map(({ bare }) => bare)
    )}`.pipe(
    Effect.tap((found) => {
      const missing = functions.filter(({ bare }) => found.every(({ name }) => name !== bare))
      const creations = missing.map(({ creation }) => creation).join(";\n")
      return creations === "" ? Effect.void : sql.unsafe(creations)
    }),
    // Sent together they are one transaction: of two that make them, one fails, and finds all when it looks again.
    Effect.retry(Schedule.intersect(Schedule.recurs(5), Schedule.jittered(Schedule.spaced("200 millis")))),
    Effect.flatMap((found) => {
      const other = found.find(({ may }) => !may)
      return other === undefined ? Effect.void : notCallable(schema, other.name)
    })
  )

interface FoundFunction {
  readonly name: string
  /** Whether this role may call it. */
  readonly may: boolean
}

/** Without this, each submit would fail by itself, and no claim would find a job. */
const notCallable = (schema: string, name: string) =>
  new OptionsError({
    option: "schema",
    given: schema,
    expected: `one with functions that this role may call, but it may not call "${name}"`,
    fix: `Grant it EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema}`
  })
