/**
 * A program that asks one PostgreSQL the same once, watched by this library and by OpenTelemetry's instrumentation of `pg`
 * in one process, and prints what each has counted: `sql-program.ts <url>`.
 */
import { createRequire } from "node:module"
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Reader } from "../../support/sdk-reader.ts"

/** What was counted of one operation. */
export interface Counted {
  readonly count: number
  readonly sum: number
}

/** By the name of the operation. */
export type Operations = Readonly<Record<string, Counted>>

/** What each of the two has counted. */
export interface Report {
  /** Of the workload that has every kind of statement. */
  readonly mixed: { readonly ours: Operations; readonly theirs: Operations; readonly transactions: number }
  /** Of statements of 100 ms. */
  readonly slow: ReadonlyArray<{ readonly ours: Counted; readonly theirs: Counted }>
  /** Of statements that do nothing, in batches: what else the machine does lengthens some of them. */
  readonly quick: ReadonlyArray<{ readonly ours: Counted; readonly theirs: Counted }>
}

const reader = new Reader()
const instrumentation = new PgInstrumentation()
instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }))
// Loaded once more, so that the instrumentation meets what the client uses.
createRequire(import.meta.url)("pg")

const add = (all: Map<string, Counted>, name: string, { count, sum }: Counted): void => {
  const before = all.get(name) ?? { count: 0, sum: 0 }
  all.set(name, { count: before.count + count, sum: before.sum + sum })
}

const theirs = Effect.promise(async (): Promise<Operations> => {
  const { resourceMetrics } = await reader.collect()
  const all = new Map<string, Counted>()
  for (const { dataPoints, descriptor } of resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)) {
    for (const { attributes, value } of descriptor.name === "db.client.operation.duration" ? dataPoints : []) {
      const found = Object(value) as { readonly count: number; readonly sum: number }
      add(all, String(attributes["db.operation.name"]), { count: found.count, sum: found.sum })
    }
  }
  return Object.fromEntries(all)
})

const ours = Effect.map(Testing.snapshot, (snapshot): Operations => {
  const all = new Map<string, Counted>()
  for (const [series, value] of Object.entries(snapshot)) {
    const name = /^db_client_operation_duration_seconds\{.*db_operation_name="(\w+)"/.exec(series)?.[1]
    if (name !== undefined && typeof value !== "number") {
      add(all, name, value)
    }
  }
  return Object.fromEntries(all)
})

const transactions = Effect.map(Testing.snapshot, (snapshot) =>
  Object.entries(snapshot)
    .filter(([series]) => series.startsWith("db_transaction_duration_seconds"))
    .reduce((sum, [, value]) => sum + (typeof value === "number" ? 0 : value.count), 0)
)

const none: Counted = { count: 0, sum: 0 }

const since = (after: Operations, before: Operations, name: string): Counted => {
  const { count, sum } = after[name] ?? none
  const earlier = before[name] ?? none
  return { count: count - earlier.count, sum: sum - earlier.sum }
}

const mixed = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE people (id INT PRIMARY KEY, name TEXT)`
  const insert = (id: number) => sql`INSERT INTO people ${sql.insert({ id, name: "a" })}`
  yield* Effect.forEach([1, 2, 3], insert)
  yield* Effect.exit(insert(1))
  yield* Effect.exit(sql`SELECT * FROM nowhere`)
  yield* sql`SELECT * FROM people WHERE ${sql.in("id", [1, 2])}`.values
  yield* sql.withoutTransforms()`SELECT 1`.raw
  yield* sql.unsafe("UPDATE people SET name = $1", ["b"])
  yield* sql.withTransaction(sql.withTransaction(insert(4)))
  yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(5), Effect.fail("no"))))
  yield* Stream.runDrain(sql`SELECT * FROM generate_series(1, 500)`.stream)
  const long = yield* Effect.fork(sql`DELETE FROM people WHERE pg_sleep(60) IS NOT NULL`)
  yield* Effect.sleep("200 millis")
  yield* Fiber.interrupt(long)
  yield* Effect.sleep("200 millis")
})

const batch = (statement: Effect.Effect<unknown, unknown>, times: number) =>
  Effect.gen(function* () {
    const before = [yield* ours, yield* theirs] as const
    yield* Effect.repeatN(statement, times - 1)
    return {
      ours: since(yield* ours, before[0], "SELECT"),
      theirs: since(yield* theirs, before[1], "SELECT")
    }
  })

const program = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* mixed
  const all = { ours: yield* ours, theirs: yield* theirs, transactions: yield* transactions }
  yield* Effect.repeatN(sql`SELECT 1`, 2_000)
  const slow = yield* Effect.replicateEffect(batch(sql`SELECT pg_sleep(0.1)`, 5), 8)
  const quick = yield* Effect.replicateEffect(batch(sql`SELECT 1`, 100), 15)
  const report: Report = { mixed: all, slow, quick }
  process.stdout.write(JSON.stringify(report))
})

const client = PgClient.layer({ url: Redacted.make(process.argv[2] ?? "") })
const layer = SqlMetrics.layer().pipe(Layer.provide(client), Layer.provideMerge(Testing.layer()))
await Effect.runPromise(Effect.provide(program, layer))
