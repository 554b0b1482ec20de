/** Durable jobs over a watched client: they work as before, hints included, and what they ask the database is counted. */
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Predicate, Redacted, Schema } from "effect"
import * as TestServices from "effect/TestServices"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Postgres } from "../../support/postgres.ts"
import { sqlite, totals, world } from "../jobs/world.ts"
import { active, statements } from "./recorded.ts"

const Double = Job.make({
  type: "double",
  payload: Schema.Number,
  success: Schema.Number,
  error: Schema.String,
  maxAttempts: 1
})
const DoubleLive = Double.toLayer((n) => (n < 0 ? Effect.fail("negative") : Effect.succeed(n * 2)))

const counted = (database: Layer.Layer<SqlClient.SqlClient>, canListen: boolean) =>
  Effect.gen(function* () {
    const metrics = Layer.succeedContext(yield* Layer.build(Testing.layer()))
    const watched = SqlMetrics.layer().pipe(Layer.provide(database), Layer.provide(metrics))
    yield* Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      expect(Predicate.hasProperty(sql, "listen")).toBe(canListen)
      const ids = yield* Effect.forEach([1, 2, 3, -1], (n) => jobs.submit(Double, n))
      const results = yield* Effect.forEach(ids, (id) => Effect.either(jobs.awaitResult(Double, id)))
      expect(results.map(({ _tag }) => _tag)).toEqual(["Right", "Right", "Right", "Left"])
      const rolledBack = sql.withTransaction(Effect.zipRight(jobs.submit(Double, 4), Effect.fail("no")))
      yield* Effect.exit(rolledBack)
      expect((yield* totals).completions).toBe(3)
    }).pipe(Effect.provide(world(DoubleLive, {}, watched)))
    const series = Object.keys(yield* statements.pipe(Effect.provide(metrics)))
    expect(series.some((name) => name.includes('db_operation_name="INSERT"'))).toBe(true)
    expect(yield* active.pipe(Effect.provide(metrics))).toEqual({})
  })

it.scoped("on SQLite", () => counted(sqlite, false).pipe(TestServices.provideLive))

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.scoped("with its hints", () =>
    Effect.gen(function* () {
      const server = yield* Postgres
      const url = yield* server.database("sql_jobs")
      yield* counted(Layer.orDie(PgClient.layer({ url: Redacted.make(url) })), true)
    }).pipe(TestServices.provideLive)
  )
})
