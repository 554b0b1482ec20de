/** What statements read, as each database explains it; on PostgreSQL also inside of the functions that they call. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { expect } from "@effect/vitest"
import type { Claimed } from "../../../../src/infra/jobs/store/operations.ts"

/** What a statement would read. */
export type Explain = (
  sql: SqlClient.SqlClient,
  text: string,
  values: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<string>, SqlError>

/** A statement of one operation reads at most so many rows, all scans of it together. */
const mostRows = 1500

/** Explains a statement by making it, and takes that back. */
export const explainOnPostgres: Explain = (sql, text, values) => {
  const found: Array<string> = []
  const explained = Effect.map(
    explain<unknown>(sql, { how: "ANALYZE, TIMING OFF, FORMAT JSON", text, values }),
    (plans) => plans.forEach((plan) => found.push(...tooMuch(plan, text)))
  )
  return sql.withTransaction(Effect.zipRight(explained, Effect.fail("take it back"))).pipe(
    Effect.catchAll((error) => (error === "take it back" ? Effect.succeed(found) : Effect.fail(error))),
    Effect.catchIf(Predicate.isString, Effect.die)
  )
}

interface Explained {
  readonly how: string
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

interface FunctionRow {
  readonly name: string
  readonly source: string
  readonly types: string
  readonly parameters: number
  readonly settings: ReadonlyArray<string>
}

const functionsWhere = (sql: SqlClient.SqlClient, condition: Statement.Fragment) =>
  Effect.map(
    sql<FunctionRow>`
      SELECT quote_ident(nspname) || '.' || quote_ident(proname) AS name, prosrc AS source, pronargs AS parameters,
        proconfig AS settings,
        pg_get_function_identity_arguments(p.oid) AS types
      FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE ${condition}`,
    (rows) =>
      rows.flatMap((row) => {
        const statement = /BEGIN RETURN QUERY (.*); END/s.exec(row.source)?.[1]
        return statement === undefined ? [] : [{ ...row, statement }]
      })
  )

/** By the name of a function, the statement that has its plan. */
const prepared = new Map<string, string>()

/** Has each function planned as the tables are now; this connection keeps these plans, as it does where they are called. */
export const planNow = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const functions = yield* functionsWhere(sql, sql`nspname = current_schema()`)
  expect(functions.length).toBeGreaterThan(0)
  yield* sql.withTransaction(
    Effect.forEach(functions, (made) => Effect.zipRight(setAs(sql, made), prepare(sql, made)), { discard: true })
  )
})

const prepare = (sql: SqlClient.SqlClient, { name, parameters, statement, types }: Planned) =>
  Effect.gen(function* () {
    const as = `prepared_${prepared.size}`
    prepared.set(name, as)
    yield* sql.unsafe(`PREPARE ${as} (${types}) AS ${statement}`)
    yield* sql.unsafe(`EXPLAIN EXECUTE ${as} (${Array.from({ length: parameters }, () => "NULL").join(", ")})`)
    return as
  })

/** A function that gives the rows of one statement. */
interface Planned extends FunctionRow {
  readonly statement: string
}

/** What a function sets while it runs is set in this transaction. */
const setAs = (sql: SqlClient.SqlClient, { settings }: FunctionRow) =>
  Effect.forEach(settings, (setting) => sql.unsafe(`SET LOCAL ${setting}`), { discard: true })

/** In a transaction, the plan of a statement; of one that calls a function of ours, the plan that the function keeps. */
const explain = <Plan>(sql: SqlClient.SqlClient, { how, text, values }: Explained) =>
  Effect.gen(function* () {
    const called = /^SELECT \* FROM (\S+)\(/.exec(text)?.[1]?.replaceAll('"', "") ?? null
    const [made] = called === null ? [] : yield* functionsWhere(sql, sql`p.oid = to_regproc(${called})`)
    if (made !== undefined) {
      yield* setAs(sql, made)
    }
    const kept = made === undefined ? undefined : (prepared.get(made.name) ?? (yield* prepare(sql, made)))
    const what = kept === undefined ? text : `EXECUTE ${kept} (${values.map(literal).join(", ")})`
    const rows = yield* sql.unsafe<{ readonly "QUERY PLAN": Plan }>(
      `EXPLAIN (${how}) ${what}`,
      kept === undefined ? values : []
    )
    return rows.map((row) => row["QUERY PLAN"])
  })

const literal = (value: unknown): string =>
  `'${(Array.isArray(value) ? `{${value.map((item) => JSON.stringify(item)).join(",")}}` : String(value)).replaceAll("'", "''")}'`

const tooMuch = (plan: unknown, text: string): ReadonlyArray<string> => {
  const scans: Array<{ readonly name: string; readonly rows: number }> = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(visit)
    } else if (Predicate.isRecord(node)) {
      const number = (name: string) => Number(node[name] ?? 0)
      const isOfTable = node["Relation Name"] !== undefined && String(node["Node Type"]).endsWith("Scan")
      const removed = ["Filter", "Join Filter", "Index Recheck"].map((by) => number(`Rows Removed by ${by}`))
      const read = (isOfTable ? number("Actual Rows") : 0) + removed.reduce((sum, rows) => sum + rows, 0)
      const name = `${String(node["Node Type"])} of ${String(node["Relation Name"])} ${String(node["Index Name"] ?? "")}`
      scans.push({ name, rows: read * number("Actual Loops") })
      Object.values(node).forEach(visit)
    }
  }
  visit(plan)
  const sum = scans.reduce((all, { rows }) => all + rows, 0)
  const worst = scans.toSorted((left, right) => right.rows - left.rows)[0]
  return sum > mostRows
    ? [`${sum} rows, ${worst?.rows} by ${worst?.name}: ${text.replace(/\s+/g, " ").slice(0, 200)}`]
    : []
}

/** What is claimed, and how many entries of an index the claim looks up in the table, dead ones included. */
export const withFetches = (claim: Effect.Effect<Claimed, SqlError>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    let fetches = 0
    const look = (text: string, values: ReadonlyArray<unknown>) =>
      Effect.flatMap(explain<string>(sql, { how: "ANALYZE", text, values }), (lines) => {
        fetches += Array.from(lines.join("\n").matchAll(/Heap Fetches: (\d+)/g)).reduce(
          (sum, [, count]) => sum + Number(count),
          0
        )
        return Effect.fail("take it back")
      }).pipe(sql.withTransaction, Effect.ignore)
    const claimed = yield* claim.pipe(
      Statement.withTransformer((statement) => {
        const [text, values] = statement.compile()
        return Effect.as(Statement.withTransformerDisabled(look(text, values)), statement)
      })
    )
    return { ...claimed, fetches }
  })

/** What is looked for in a table without an index, or in the whole of an index that holds more than what is at work. */
export const explainOnSqlite: Explain = (sql, text, values) =>
  Effect.map(sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values), (rows) =>
    rows
      .map(({ detail }) => detail)
      .filter((line) => /^SCAN (jobs\w*|job_errors|job_unique|j|w|d|due|held|u|f|last)\b/.test(line))
      .filter((line) => !/ USING (COVERING )?INDEX (jobs_held|jobs_suspect)/.test(line))
      .filter((line) => !isFirst(text, line))
      .map((line) => `${line}: ${text.replace(/\s+/g, " ").slice(0, 200)}`)
  )

/** The first type of an index. */
const isFirst = (text: string, line: string): boolean =>
  /ORDER BY type LIMIT 1\)/.test(text) && / USING COVERING INDEX (jobs_waiting|jobs_done_finished)$/.test(line)
