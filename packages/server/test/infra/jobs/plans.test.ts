/** What the samples of the gauges read: indexes of what waits that hold all they ask for, and no row of the table. */
import { describe, expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { JobStore } from "../../../src/infra/jobs.ts"
import { Postgres } from "../../support/postgres.ts"
import { sqlite } from "./world.ts"

const counts = {
  ready: "SELECT job_type, count(*) FROM jobs WHERE state = 'ready' GROUP BY job_type",
  later: `SELECT job_type, CASE WHEN due_at <= 9 THEN 'ready' ELSE state END, count(*) FROM jobs
    WHERE state IN ('scheduled', 'retrying') GROUP BY 1, 2`
}
const ages = {
  ready: "SELECT job_type, min(due_at) FROM jobs WHERE state = 'ready' GROUP BY job_type",
  later: `SELECT job_type, min(due_at) FROM jobs WHERE state IN ('scheduled', 'retrying') AND due_at <= 9
    GROUP BY job_type`
}

/** The indexes that the statements read, in the database's words, where nothing but an index is read. */
const readsOf = (statements: { readonly ready: string; readonly later: string }) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const explain = (statement: string) =>
      sql.onDialectOrElse({
        // In a small table the planner reads anything; what counts is what the index allows it.
        pg: () =>
          sql`SET LOCAL enable_seqscan = off`.pipe(
            Effect.zipRight(sql`SET LOCAL enable_bitmapscan = off`),
            Effect.zipRight(sql.unsafe<{ "QUERY PLAN": string }>(`EXPLAIN ${statement}`)),
            Effect.map((rows) => rows.map((row) => row["QUERY PLAN"])),
            sql.withTransaction
          ),
        orElse: () =>
          Effect.map(sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`), (rows) =>
            rows.map(({ detail }) => detail)
          )
      })
    const read = (lines: ReadonlyArray<string>) =>
      lines
        .join("\n")
        .match(
          /(COVERING INDEX|Index Only Scan using|INDEX|Index Scan using|Seq Scan on|Bitmap Index Scan on) \w+/
        )?.[0]
    return [read(yield* explain(statements.ready)), read(yield* explain(statements.later))]
  })

const waiting = (jobs: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const [state, count] of [
      ["completed", jobs * 20],
      ["ready", jobs],
      ["scheduled", jobs]
    ] as const) {
      yield* sql.unsafe(`
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, payload)
        SELECT '${state} ' || i, 't', i % 64, 'normal', '${state}', i, i, i, '${"x".repeat(500)}' FROM n`)
    }
    yield* sql.onDialectOrElse({ pg: () => sql`VACUUM ANALYZE jobs`, orElse: () => sql`ANALYZE` })
  })

const storeOver = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  JobStore.layer.pipe(Layer.provideMerge(database), Layer.orDie)

describe("on SQLite", () => {
  it.effect("samples depth and ages from covering indexes", () =>
    Effect.gen(function* () {
      yield* waiting(500)
      const indexes = ["COVERING INDEX jobs_ready", "COVERING INDEX jobs_due"]
      expect(yield* readsOf(counts)).toEqual(indexes)
      expect(yield* readsOf(ages)).toEqual(indexes)
    }).pipe(Effect.provide(storeOver(sqlite)))
  )
})

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect("samples depth and ages from covering indexes", () =>
    Effect.gen(function* () {
      yield* waiting(1000)
      const indexes = ["Index Only Scan using jobs_ready", "Index Only Scan using jobs_due"]
      expect(yield* readsOf(counts)).toEqual(indexes)
      expect(yield* readsOf(ages)).toEqual(indexes)
    }).pipe(Effect.provide(storeOver(Postgres.client("plans"))))
  )
})
