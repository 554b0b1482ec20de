/** How a claim stands among a million finished jobs: its plan, which must scan no table, and what it takes. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { JobStore } from "@parametric-portal/server/infra/jobs"
import { claim as expectClaim, median, type Result } from "../harness.ts"

const finished = 1_000_000
const waiting = 10_000
const claims = 200

/** The statements that work goes through, as the library has them. */
const statements = {
  claim: `
    WITH picked AS MATERIALIZED (
      SELECT id, rank FROM jobs WHERE state = 'ready' AND lane = 3 AND job_type = 'nothing' ORDER BY rank, id LIMIT 2)
    UPDATE jobs SET state = 'running' WHERE id IN (SELECT id FROM picked ORDER BY rank, id LIMIT 1) AND state = 'ready'`,
  promote: "UPDATE jobs SET state = 'ready' WHERE state IN ('scheduled', 'retrying') AND lane = 3 AND due_at <= 5",
  "next due": "SELECT min(due_at) FROM jobs WHERE state IN ('scheduled', 'retrying') AND lane = 3",
  running: "SELECT id, run FROM jobs WHERE state = 'running' AND lane IN (1, 2, 3)",
  finish: "UPDATE jobs SET state = 'completed' WHERE id = 'job 7' AND state = 'running' AND run = 1",
  duplicate: `
    SELECT id FROM jobs WHERE job_type = 'nothing' AND dedupe_key = 'k' AND dedupe_key IS NOT NULL
      AND state IN ('ready', 'scheduled', 'running', 'retrying')`,
  depth: "SELECT job_type, count(*) FROM jobs WHERE state = 'ready' GROUP BY job_type",
  "dead letters": "SELECT id FROM jobs WHERE state = 'dead' ORDER BY finished_at, id LIMIT 50"
} as const

/** Fills the tables, shows the plans on standard error, and measures the claims. */
export const plans = (name: string, database: Layer.Layer<SqlClient.SqlClient>): Promise<ReadonlyArray<Result>> =>
  Effect.gen(function* () {
    yield* fill
    for (const [what, statement] of Object.entries(statements)) {
      const plan = yield* explain(statement)
      process.stderr.write(`${name}, ${what}\n${plan.replace(/^/gm, "  ")}\n`)
      expectClaim(`${name}: "${what}" scans the table`, isScan(plan) ? 1 : 0, 0)
    }
    const { claim } = yield* JobStore
    const times: Array<number> = []
    for (let turn = 0; turn < claims; turn += 1) {
      const started = performance.now()
      const { jobs } = yield* claim({ lane: turn % 16, jobType: "nothing", limit: 1, holder: "bench" })
      times.push(performance.now() - started)
      expectClaim(`${name}: jobs claimed`, jobs.length, 1)
    }
    return [
      { name: `jobs.${name} claim among a million finished`, value: median(times), unit: "ms", samples: times.length }
    ]
  }).pipe(Effect.provide(JobStore.layer.pipe(Layer.provideMerge(database), Layer.orDie)), Effect.runPromise)

const fill = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const numbers = (to: number) =>
    sql.onDialectOrElse({
      pg: () => sql`SELECT n FROM generate_series(1, ${to}::int) n`,
      orElse: () =>
        sql`WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${to}) SELECT n FROM s`
    })
  const insert = (state: string, to: number) => sql`
    INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, finished_at, run, payload, result)
    SELECT ${`${state} `} || n, 'nothing', n % 16, 'normal', ${sql.literal(`'${state}'`)}, n, n, n, n, 1, '1', '1'
    FROM (${numbers(to)}) numbers`
  yield* insert("completed", finished)
  yield* insert("ready", waiting)
  yield* insert("dead", 1000)
  yield* insert("scheduled", 1000)
  yield* sql.onDialectOrElse({ pg: () => sql`VACUUM ANALYZE jobs`, orElse: () => sql`ANALYZE` })
})

const explain = (statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.onDialectOrElse({
      pg: () =>
        Effect.map(sql.unsafe<{ "QUERY PLAN": string }>(`EXPLAIN ${statement}`), (rows) =>
          rows.map((row) => row["QUERY PLAN"]).join("\n")
        ),
      orElse: () =>
        Effect.map(sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`), (rows) =>
          rows.map(({ detail }) => detail).join("\n")
        )
    })
  )

/** A scan of the table itself; of an index that holds only what is asked for, or of what was picked, is none. */
const isScan = (plan: string): boolean => /Seq Scan on jobs|SCAN jobs(?! USING)/.test(plan)
