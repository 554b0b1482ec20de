/** What happens at COMMIT: it may be slow, and it may be refused. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Schedule } from "effect"
import * as TestServices from "effect/TestServices"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Postgres } from "../../support/postgres.ts"
import { active, recorded, transactions } from "./recorded.ts"

const system = 'db_system_name="postgresql"'

const watched = (name: string) =>
  SqlMetrics.layer().pipe(
    Layer.provide(Layer.fresh(Postgres.client(name))),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.scoped("a transaction that is interrupted during its COMMIT is committed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE slow (id INT)`
      yield* sql`
        CREATE FUNCTION wait() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$ LANGUAGE plpgsql`
      yield* sql`
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait()`
      const inserted = yield* Deferred.make<void>()
      const insert = sql.withTransaction(
        Effect.zipRight(sql`INSERT INTO slow VALUES (1)`, Deferred.succeed(inserted, undefined))
      )
      const fiber = yield* Effect.fork(insert)
      yield* Deferred.await(inserted)
      yield* Effect.sleep("50 millis")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      expect(yield* sql`SELECT * FROM slow`).toEqual([{ id: 1 }])
      expect(yield* transactions).toEqual({ [`{${system}}`]: 1 })
      expect(yield* active).toEqual({})
    }).pipe(Effect.provide(watched("sql_slow_commit")), TestServices.provideLive)
  )

  it.scoped("a transaction that is refused at its COMMIT is run again", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE accounts (id INT, value INT)`
      yield* sql`INSERT INTO accounts VALUES (1, 0), (2, 0)`
      const both = yield* Effect.makeLatch()
      let waiting = 0
      // Each waits for the other between reading and writing, the first time: one of the two COMMITs is refused.
      const meet = Effect.suspend(() => {
        waiting += 1
        return waiting === 2 ? both.open : both.await
      })
      const add = (id: number) =>
        sql
          .withTransaction(
            Effect.gen(function* () {
              yield* sql`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`
              const [row] = yield* sql<{ sum: number }>`SELECT sum(value)::INT AS sum FROM accounts`
              yield* meet
              yield* sql`UPDATE accounts SET value = ${(row?.sum ?? 0) + 1} WHERE id = ${id}`
              yield* Effect.sleep("100 millis")
            })
          )
          .pipe(SqlMetrics.retryTransaction(Schedule.recurs(5)))
      yield* Effect.all([add(1), add(2)], { concurrency: 2 })
      expect(yield* sql`SELECT value FROM accounts ORDER BY value`).toEqual([{ value: 1 }, { value: 2 }])
      expect(yield* recorded("db_transaction_retries_total")).toEqual({ [`{${system},error_type="40001"}`]: 1 })
      expect((yield* transactions)[`{${system}}`]).toBe(2)
    }).pipe(Effect.provide(watched("sql_refused_commit")), TestServices.provideLive)
  )

  it.scoped("another defect is not retried, and keeps its cause", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      let runs = 0
      const transaction = sql.withTransaction(
        Effect.suspend(() => {
          runs += 1
          return Effect.die(new Error("died"))
        })
      )
      const cause = yield* transaction.pipe(SqlMetrics.retryTransaction(Schedule.recurs(5)), Effect.cause)
      expect([cause._tag, String(Cause.squash(cause)), runs]).toEqual(["Die", "Error: died", 1])
      expect(yield* recorded("db_transaction_retries_total")).toEqual({})
    }).pipe(Effect.provide(watched("sql_defect")), TestServices.provideLive)
  )
})
