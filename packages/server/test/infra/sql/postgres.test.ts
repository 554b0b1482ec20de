/** Statements, streams and transactions on PostgreSQL, whatever becomes of them. */
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import * as TestServices from "effect/TestServices"
import pg from "pg"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Postgres, startPostgresWith } from "../../support/postgres.ts"
import { active, recorded, statements, transactions } from "./recorded.ts"

const system = 'db_system_name="postgresql"'
const of = (operation: string, error?: string) =>
  `{db_operation_name="${operation}",${system}${error === undefined ? "" : `,error_type="${error}"`}}`
const people = (operation: string, error?: string) => of(operation, error).replace("{", '{db_collection_name="people",')

/** A watched client on a database with an empty table `people`. */
const watched = (name: string) =>
  Layer.effectDiscard(
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE people (id INT PRIMARY KEY, name TEXT UNIQUE)`)
  ).pipe(
    Layer.provideMerge(
      Layer.mergeAll(SqlMetrics.layer(), SqlMetrics.layerOf(PgClient.PgClient)).pipe(
        Layer.provideMerge(Layer.fresh(Postgres.client(name)))
      )
    ),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

const statementsAfterCreate = Effect.map(statements, ({ [of("CREATE")]: _, ...rest }) => rest)

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  const live = (
    name: string,
    test: Effect.Effect<void, unknown, PgClient.PgClient | SqlClient.SqlClient | MetricsOf>
  ) => {
    // oxlint-disable-next-line rooms/expects -- each test that is given has an expectation
    it.scoped(name, () => test.pipe(Effect.provide(watched(`sql_${names++}`)), TestServices.provideLive))
  }
  type MetricsOf = Layer.Layer.Success<ReturnType<typeof Testing.layer>>
  let names = 0

  live(
    "names the error by its SQLSTATE",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO people ${sql.insert({ id: 1, name: "a" })}`
      yield* Effect.exit(sql`INSERT INTO people ${sql.insert({ id: 1, name: "b" })}`)
      yield* Effect.exit(sql`SELECT * FROM people WHERE`)
      yield* Effect.exit(sql`SELEC 1`)
      expect(yield* statementsAfterCreate).toEqual({
        [people("INSERT")]: 1,
        [people("INSERT", "23505")]: 1,
        [people("SELECT", "42601")]: 1,
        [of("_OTHER", "42601")]: 1
      })
    })
  )

  live(
    "times a stream until its end, when it is left, when it fails, and when it is interrupted",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const series = sql`VALUES (1), (2), (3)`.stream
      expect(Array.from(yield* Stream.runCollect(series))).toHaveLength(3)
      yield* Stream.runDrain(Stream.take(series, 1))
      yield* Effect.exit(Stream.runForEach(series, () => Effect.fail("the reader's")))
      yield* Effect.exit(Stream.runDrain(sql`SELECT 1 / (3 - i) FROM generate_series(1, 400) AS i`.stream))
      const fiber = yield* Effect.fork(Stream.runForEach(series, () => Effect.never))
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(fiber)
      expect(yield* statementsAfterCreate).toEqual({
        [of("VALUES")]: 3,
        [of("SELECT", "22012")]: 1,
        [of("VALUES", "interrupted")]: 1
      })
    })
  )

  live(
    "counts a query that is interrupted, and one whose connection is ended",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const fiber = yield* Effect.fork(sql`SELECT pg_sleep(60)`)
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(fiber)
      const ended = yield* Effect.fork(sql`SELECT pg_sleep(60) AS ended`)
      const end = sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%AS ended' AND pid <> pg_backend_pid()`
      yield* Effect.repeat(end, { until: (rows) => rows.length > 0, schedule: Schedule.spaced("20 millis") })
      yield* Fiber.await(ended)
      expect(yield* statements).toMatchObject({ [of("SELECT", "interrupted")]: 1, [of("SELECT", "57P01")]: 1 })
    })
  )

  live(
    "runs a transaction again after a deadlock, and counts that",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO people ${sql.insert([
        { id: 1, name: "10" },
        { id: 2, name: "20" }
      ])}`
      const add = (id: number) => sql`UPDATE people SET name = name::INT + 1 WHERE id = ${id}`
      const move = (from: number, to: number) =>
        sql
          .withTransaction(
            sql`SET LOCAL deadlock_timeout = '20ms'`.pipe(
              Effect.zipRight(add(from)),
              Effect.zipRight(Effect.sleep("100 millis")),
              Effect.zipRight(add(to))
            )
          )
          .pipe(SqlMetrics.retryTransaction(Schedule.recurs(5)))
      yield* Effect.all([move(1, 2), move(2, 1)], { concurrency: 2 })
      expect(yield* sql`SELECT name FROM people ORDER BY id`).toEqual([{ name: "12" }, { name: "22" }])
      const retries = (yield* recorded("db_transaction_retries_total"))[`{${system},error_type="40P01"}`] ?? 0
      expect(retries).toBeGreaterThan(0)
      expect(yield* transactions).toEqual({ [`{${system}}`]: 2, [`{${system},outcome="failure"}`]: retries })
      expect(yield* active).toEqual({})
    })
  )

  live(
    "neither retries another failure, nor within a transaction",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const retry = SqlMetrics.retryTransaction(Schedule.recurs(5))
      yield* Effect.exit(retry(sql.withTransaction(sql`SELEC 1`)))
      const raise = sql`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$`
      yield* Effect.exit(sql.withTransaction(retry(sql.withTransaction(raise))))
      expect(yield* recorded("db_transaction_retries_total")).toEqual({})
      expect(yield* transactions).toEqual({ [`{${system},outcome="failure"}`]: 2 })
      yield* Effect.exit(retry(sql.withTransaction(raise)))
      expect(yield* recorded("db_transaction_retries_total")).toEqual({ [`{${system},error_type="40001"}`]: 5 })
    })
  )

  live(
    "leaves LISTEN and NOTIFY alone, and decorates the client of the driver",
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const heard = yield* Effect.fork(Stream.runHead(sql.listen("hints")))
      const listens = Effect.map(
        sql`SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'`,
        (found) => found.length > 0
      )
      yield* Testing.eventually(listens, (isSo) => isSo)
      yield* sql`NOTIFY hints, 'now'`
      expect(yield* Fiber.join(heard)).toMatchObject({ value: "now" })
      expect(yield* sql`SELECT ${sql.json({ a: 1 })}::JSONB AS it`).toEqual([{ it: { a: 1 } }])
      expect(Object.keys(yield* statementsAfterCreate)).not.toContain(of("LISTEN"))
    })
  )

  live(
    "keeps whatever a table is called to a label",
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const hostile = `"; DROP TABLE people; --\n{}='`
      yield* sql`CREATE TABLE ${sql(hostile)} (id INT)`
      yield* sql`SELECT * FROM ${sql(hostile)}`
      yield* sql`SELECT * FROM ${sql("x".repeat(2000))}`.pipe(Effect.exit)
      const counts = yield* statementsAfterCreate
      expect(Object.values(counts)).toEqual([1, 1])
      expect(Object.keys(counts).every((series) => series.length < 500)).toBe(true)
    })
  )

  it.scoped("shows the connections of a pool, and those that wait", () =>
    Effect.gen(function* () {
      const server = yield* Postgres
      const url = yield* server.database("sql_pool")
      const pool = yield* Effect.acquireRelease(
        Effect.sync(() => new pg.Pool({ connectionString: url, max: 1 })),
        (made) => Effect.promise(() => made.end())
      )
      const layer = SqlMetrics.layer({ pool: SqlMetrics.pgPool("main", pool) }).pipe(
        Layer.provideMerge(PgClient.layerFromPool({ acquire: Effect.succeed(pool) })),
        Layer.provideMerge(Testing.layer())
      )
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const counts = recorded("db_client_connection_")
        const name = 'db_client_connection_pool_name="main"'
        const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(sql`SELECT pg_sleep(0.2)`))
        const full = {
          [`count{${name},db_client_connection_state="used"}`]: 1,
          [`max{${name}}`]: 1,
          [`pending_requests{${name}}`]: 2
        }
        expect(yield* Testing.eventually(counts, (now) => now[`pending_requests{${name}}`] === 2)).toEqual(full)
        yield* Effect.forEach(fibers, Fiber.join)
        expect(yield* counts).toEqual({
          [`count{${name},db_client_connection_state="idle"}`]: 1,
          [`max{${name}}`]: 1
        })
      }).pipe(Effect.provide(layer))
    }).pipe(TestServices.provideLive)
  )
})

it.scopedLive(
  "counts what fails because the server has gone",
  () =>
    Effect.gen(function* () {
      const server = yield* startPostgresWith({ fsync: "off" })
      const url = yield* server.database("gone")
      const client = PgClient.layer({ url: Redacted.make(url) })
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const running = yield* Effect.fork(sql.withTransaction(sql`SELECT pg_sleep(60)`))
        yield* Testing.eventually(active, (now) => now[`{${system}}`] === 1)
        yield* Effect.sleep("100 millis")
        yield* server.crash
        yield* Fiber.await(running)
        yield* Effect.exit(sql`SELECT 1`)
        const counts = yield* statements
        expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(2)
        expect(Object.keys(counts).every((series) => series.includes("error_type"))).toBe(true)
        expect(Object.values(yield* transactions)).toEqual([1])
        expect(yield* active).toEqual({})
      }).pipe(Effect.provide(SqlMetrics.layer().pipe(Layer.provideMerge(client), Layer.provideMerge(Testing.layer()))))
    }),
  60_000
)
