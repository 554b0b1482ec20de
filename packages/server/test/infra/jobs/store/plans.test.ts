/**
 * Each statement reads what it is about, and not the queues beside it, whatever the database believes of its tables.
 */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as TestServices from "effect/TestServices"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import { Postgres } from "../../../support/postgres.ts"
import {
  accept,
  claimAll,
  completed,
  jobOf,
  live,
  memory,
  postgresOf,
  requestOf,
  storeOver,
  whileOpen
} from "./databases.ts"
import { explainOnPostgres, explainOnSqlite, planNow, withFetches } from "./explain.ts"
import { faultsOf, fill, wanting } from "./plans.ts"

const rows = 5000

it.effect("reads what it is about on SQLite, with statistics and without", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* fill(2000)
    expect(yield* wanting(explainOnSqlite)).toEqual({})
    yield* sql`ANALYZE`
    expect(yield* wanting(explainOnSqlite)).toEqual({})
  }).pipe(Effect.provide(storeOver(memory)), TestServices.provideLive)
)

/** Statistics are only made when a test makes them. */
const keepStatistics = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const table of ["jobs", "jobs_done", "job_errors"]) {
    yield* sql.unsafe(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`)
  }
})

const analyze = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`ANALYZE`)

const vacuum = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`VACUUM`)

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  const statistics: Record<string, Effect.Effect<unknown, unknown, JobStore | SqlClient.SqlClient>> = {
    none: fill(rows),
    true: Effect.zipRight(fill(rows), analyze),
    "of empty tables": Effect.zipRight(analyze, fill(rows)),
    "of empty tables, and the plans that were made of them": Effect.all([analyze, vacuum, planNow, fill(rows)]),
    "of another time": Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* live()
      yield* accept(...Array.from({ length: 3000 }, (_, n) => jobOf(`${n}`)))
      yield* claimAll({ types: [{ type: "t", most: 3000 }], most: 3000 })
      yield* analyze
      yield* sql`TRUNCATE jobs`
      yield* fill(rows)
    })
  }
  for (const [index, [which, made]] of Object.entries(statistics).entries()) {
    it.effect(`reads what it is about, with statistics: ${which}`, () =>
      Effect.gen(function* () {
        yield* keepStatistics
        yield* made
        expect(yield* wanting(explainOnPostgres)).toEqual({})
      }).pipe(Effect.provide(storeOver(postgresOf(`plans_${index}`))), TestServices.provideLive)
    )
  }

  it.effect("finds what it is told by its id, in young tables of which most is held", () =>
    Effect.gen(function* () {
      const { end, progress, start } = yield* JobStore
      yield* keepStatistics
      yield* live()
      yield* accept(...Array.from({ length: 2000 }, (_, n) => jobOf(`${n}`)))
      const jobs = yield* claimAll({ types: [{ type: "t", most: 1000 }], most: 1000 })
      const some = jobs.slice(0, 20)
      const [first = { id: "", run: 0 }] = some
      const ends = some.map((job) => ({ ...job, settlement: completed }))
      expect(yield* faultsOf(explainOnPostgres, start("me", some, false))).toEqual([])
      expect(yield* faultsOf(explainOnPostgres, progress("me", first, 0.5, undefined))).toEqual([])
      expect(yield* faultsOf(explainOnPostgres, end("me", ends))).toEqual([])
    }).pipe(Effect.provide(storeOver(postgresOf("plans_young"))), TestServices.provideLive)
  )

  it.effect("reads past no job that was claimed before, while a transaction stays open elsewhere", () =>
    whileOpen(
      (sql) => Effect.zipRight(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`, sql`SELECT count(*) FROM jobs`),
      Effect.gen(function* () {
        const { claim, end } = yield* JobStore
        const sql = yield* SqlClient.SqlClient
        yield* live()
        // One that became due each second.
        yield* sql`
          INSERT INTO jobs (id, type, partition, priority, due_at, accepted_at, payload)
          SELECT 'job ' || i, 't', 0, 2, i * 1000, 1, '1' FROM generate_series(1, 12000) i`
        const claimSome = claim(requestOf({ most: 500, types: [{ type: "t", most: 500 }] }))
        const read: Array<number> = []
        for (let round = 0; round < 20; round += 1) {
          const { jobs, fetches } = yield* withFetches(claimSome)
          expect(jobs).toHaveLength(500)
          read.push(fetches)
          yield* end(
            "me",
            jobs.map((job) => ({ ...job, settlement: completed }))
          )
        }
        // The first looks at all there is; so does one a second. The others look back for two seconds.
        expect(Math.min(...read.slice(-3))).toBeLessThan(600)
      })
    ).pipe(Effect.provide(storeOver(postgresOf("plans_open"))), TestServices.provideLive)
  )
})
