/**
 * How the database reads for each operation of the store: through indexes, those of the samples covering, and never
 * through the table. The statements are the ones that the store sends, caught on their way and explained.
 */
import { describe, expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestServices from "effect/TestServices"
import { JobStore } from "../../../src/infra/jobs.ts"
import type { ClaimedJob } from "../../../src/infra/jobs/store/claim.ts"
import { Postgres } from "../../support/postgres.ts"
import { sqlite } from "./world.ts"

type Store = typeof JobStore.Service

type Operations<A> = { readonly [Operation in keyof Store]: A }

/** The first statement about a job whose id begins so fails, as when the connection is lost: the store asks again. */
const unanswered = "unanswered"

const held = (id: string): ClaimedJob => ({
  id,
  jobType: "t",
  lane: 3,
  priority: "normal",
  payload: "1",
  attempt: 1,
  run: 0,
  acceptedAt: 1,
  dueAt: 1,
  rank: 1,
  isRedelivered: false,
  losses: 0
})

const failure = { reason: "r", message: "m" }

/** Every operation, called so that each of its statements is sent. A new one has to be added: the type says so. */
const operations: Operations<(store: Store) => Effect.Effect<unknown, SqlError>> = {
  insert: ({ insert }) =>
    insert({ id: "new", jobType: "t", lane: 3, priority: "normal", payload: "1", dedupeKey: "k" }),
  isKnown: ({ isKnown }) => isKnown("ready 1"),
  findLive: ({ findLive }) => findLive("t", "k"),
  cancel: ({ cancel }) => cancel("ready 2"),
  replay: ({ replay }) => replay("dead 1"),
  purge: ({ purge }) => Effect.all([purge({ ids: ["dead 2", "dead 3"] }), purge({ jobType: "t", before: 9 })]),
  purgeFinished: ({ purgeFinished }) => purgeFinished({ before: 9 }),
  claim: ({ claim }) => claim({ lane: 3, jobType: "t", limit: 2, holder: "h" }),
  promote: ({ promote }) => promote(3),
  heads: ({ heads }) => heads([3, 4]),
  nextDue: ({ nextDue }) => nextDue([3, 4]),
  running: ({ running }) => running([3, 4]),
  takeOver: ({ takeOver }) => takeOver({ id: "running 1", run: 0 }),
  takeOverLane: ({ takeOverLane }) => takeOverLane(3),
  settle: ({ settle }) =>
    Effect.forEach(["running", unanswered], (id) =>
      Effect.all([
        settle(held(`${id} 10`), { _tag: "Completed", result: "1" }),
        settle(held(`${id} 11`), { _tag: "Released" }),
        settle(held(`${id} 12`), { _tag: "Retrying", failure, dueAt: 9 }),
        settle(held(`${id} 13`), { _tag: "Dead", failure })
      ])
    ),
  find: ({ find }) => find("ready 3"),
  status: ({ status }) => status("ready 3"),
  ending: ({ ending }) => ending("ready 3"),
  listDead: ({ listDead }) => Effect.all([listDead({}), listDead({ jobType: "t", after: "30-dead 30" })]),
  depth: ({ depth }) => depth,
  oldestWaiting: ({ oldestWaiting }) => oldestWaiting,
  dead: ({ dead }) => dead,
  oldestDead: ({ oldestDead }) => oldestDead
}

interface Sent {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

/** The statements that an effect sends to the database. */
const sentBy = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<ReadonlyArray<Sent>, E> =>
  Effect.suspend(() => {
    const sent: Array<Sent> = []
    const lost = new Set<unknown>()
    return effect.pipe(
      Statement.withTransformer((statement, sql) =>
        Effect.sync(() => {
          const [text, values] = statement.compile()
          sent.push({ text, values })
          const id = values.find((value) => String(value).startsWith(unanswered))
          const isLost = id !== undefined && !lost.has(id)
          lost.add(id)
          return isLost ? sql`SELECT answer FROM nowhere` : statement
        })
      ),
      Effect.as(sent),
      // Between two tries some time passes.
      TestServices.provideLive
    )
  })

/** The scans of a plan, each with the columns by which it searches its index. */
const postgresScans = (plan: string): ReadonlyArray<string> =>
  Array.from(
    plan.matchAll(/((?:Seq|Index|Index Only|Bitmap Heap) Scan.* on \w+).*(?:\n +Index Cond: (.*))?/g),
    ([, scan, condition]) => {
      const columns = condition
        ?.replace(/'[^']*'|\(\w+ IS NOT NULL\)/g, "")
        .match(/\b(id|job_id|run|lane|job_type|due_at|finished_at|dedupe_key)\b/g)
      return columns === undefined || columns === null
        ? String(scan)
        : `${scan} (${Array.from(new Set(columns)).join(", ")})`
    }
  )

/** What a statement reads, in the database's words. */
const readsOf = ({ text, values }: Sent) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.onDialectOrElse({
      // In a small table the planner reads anything; what counts is what the index allows it.
      pg: () =>
        sql`SET LOCAL enable_seqscan = off`.pipe(
          Effect.zipRight(sql`SET LOCAL enable_bitmapscan = off`),
          Effect.zipRight(sql.unsafe<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, values)),
          Effect.map((rows) => postgresScans(rows.map((row) => row["QUERY PLAN"]).join("\n"))),
          sql.withTransaction
        ),
      orElse: () =>
        Effect.map(sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values), (rows) =>
          rows.map(({ detail }) => detail).filter((line) => /^(SEARCH|SCAN) /.test(line))
        )
    })
  )

/** Two thousand jobs that wait, run or are dead among ten thousand that are done. */
const fill = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const [state, count, id] of [
    // Finished jobs are purged by their ids, which sort by time.
    ["completed", 10_000, "0"],
    ["ready", 500, "ready"],
    ["scheduled", 500, "scheduled"],
    ["running", 100, "running"],
    ["dead", 1000, "dead"]
  ] as const) {
    yield* sql.unsafe(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, finished_at, dedupe_key, payload)
      SELECT '${id} ' || i, 't', i % 64, 'normal', '${state}', i, i, i, i, '${state} ' || i, '${"x".repeat(500)}' FROM n`)
  }
  yield* sql`
    INSERT INTO job_errors (job_id, run, attempt, failed_at, reason, message)
    SELECT id, 1, 1, 1, 'r', 'm' FROM jobs WHERE state IN ('completed', 'dead')`
  yield* sql.onDialectOrElse({ pg: () => sql`VACUUM ANALYZE`, orElse: () => sql`ANALYZE` })
})

/** What each operation reads, over all of its statements. */
const reads = Effect.gen(function* () {
  yield* fill
  const store = yield* JobStore
  const found: Record<string, ReadonlyArray<string>> = {}
  for (const [operation, call] of Object.entries(operations)) {
    const sent = yield* sentBy(call(store))
    expect(sent, `${operation} sends no statement`).not.toEqual([])
    found[operation] = Array.from(new Set((yield* Effect.forEach(sent, readsOf)).flat())).sort()
  }
  return found
})

const storeOver = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  JobStore.layer.pipe(Layer.provideMerge(database), Layer.orDie)

const sqliteReads: Operations<ReadonlyArray<string>> = {
  insert: [],
  isKnown: ["SEARCH jobs USING COVERING INDEX sqlite_autoindex_jobs_1 (id=?)"],
  findLive: ["SEARCH jobs USING INDEX jobs_dedupe (job_type=? AND dedupe_key=?)"],
  cancel: ["SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"],
  replay: [
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)",
    "SEARCH other USING INDEX jobs_dedupe (job_type=? AND dedupe_key=?)"
  ],
  purge: [
    "SEARCH job_errors USING COVERING INDEX sqlite_autoindex_job_errors_1 (job_id=?)",
    "SEARCH jobs USING COVERING INDEX jobs_dead_by_type (job_type=? AND finished_at<?)",
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"
  ],
  purgeFinished: [
    // When nothing is left to be purged: `DELETE FROM job_errors WHERE 1=0`.
    "SCAN job_errors",
    "SEARCH job_errors USING INDEX sqlite_autoindex_job_errors_1 (job_id=?)",
    "SEARCH jobs USING COVERING INDEX sqlite_autoindex_jobs_1 (id=?)",
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id<?)"
  ],
  claim: [
    "SCAN picked",
    "SEARCH jobs USING COVERING INDEX jobs_ready (lane=? AND job_type=?)",
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"
  ],
  promote: [
    "SEARCH jobs USING COVERING INDEX jobs_due (lane=? AND due_at<?)",
    "SEARCH jobs USING COVERING INDEX jobs_due (lane=?)"
  ],
  heads: ["SEARCH jobs USING COVERING INDEX jobs_ready (lane=?)"],
  nextDue: ["SEARCH jobs USING COVERING INDEX jobs_due (lane=?)"],
  running: ["SEARCH jobs USING INDEX jobs_running (lane=?)"],
  takeOver: ["SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"],
  takeOverLane: ["SEARCH jobs USING COVERING INDEX jobs_running (lane=?)"],
  settle: [
    "SEARCH job_errors USING COVERING INDEX sqlite_autoindex_job_errors_1 (job_id=? AND run=?)",
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"
  ],
  find: ["SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"],
  status: [
    "SEARCH job_errors USING INDEX sqlite_autoindex_job_errors_1 (job_id=?)",
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"
  ],
  ending: [
    "SCAN last LEFT-JOIN",
    "SEARCH job_errors USING INDEX sqlite_autoindex_job_errors_1 (job_id=?)",
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"
  ],
  listDead: [
    "SCAN jobs USING INDEX jobs_dead",
    "SEARCH job_errors USING INDEX sqlite_autoindex_job_errors_1 (job_id=?)",
    "SEARCH jobs USING INDEX jobs_dead_by_type (job_type=? AND (finished_at,id)>(?,?))"
  ],
  depth: [
    "SCAN alive",
    "SCAN jobs USING COVERING INDEX jobs_due",
    "SCAN jobs USING COVERING INDEX jobs_ready",
    "SCAN jobs USING INDEX jobs_running"
  ],
  oldestWaiting: [
    "SCAN jobs USING COVERING INDEX jobs_due",
    "SCAN jobs USING COVERING INDEX jobs_ready",
    "SCAN waiting"
  ],
  dead: ["SCAN jobs USING COVERING INDEX jobs_dead_by_type"],
  oldestDead: ["SCAN jobs USING COVERING INDEX jobs_dead_by_type"]
}

const postgresReads: Operations<ReadonlyArray<string>> = {
  insert: [],
  isKnown: ["Index Only Scan using jobs_pkey on jobs (id)"],
  findLive: ["Index Scan using jobs_dedupe on jobs (job_type, dedupe_key)"],
  cancel: ["Index Scan using jobs_pkey on jobs (id)"],
  replay: [
    "Index Only Scan using jobs_dedupe on jobs (job_type, dedupe_key)",
    "Index Scan using jobs_pkey on jobs (id)"
  ],
  purge: [
    "Index Scan using job_errors_pkey on job_errors (job_id, id)",
    "Index Scan using jobs_dead_by_type on jobs (job_type, finished_at)",
    "Index Scan using jobs_pkey on jobs (id)"
  ],
  purgeFinished: ["Index Scan using job_errors_pkey on job_errors (job_id)", "Index Scan using jobs_pkey on jobs (id)"],
  claim: ["Index Only Scan using jobs_ready on jobs (lane, job_type)", "Index Scan using jobs_pkey on jobs (id)"],
  promote: ["Index Only Scan using jobs_due on jobs (lane)", "Index Scan using jobs_due on jobs (lane, due_at)"],
  heads: ["Index Only Scan using jobs_ready on jobs (lane)"],
  nextDue: ["Index Only Scan using jobs_due on jobs (lane)"],
  running: ["Index Scan using jobs_running on jobs (lane)"],
  takeOver: ["Index Scan using jobs_pkey on jobs (id)"],
  takeOverLane: ["Index Scan using jobs_running on jobs (lane)"],
  settle: [
    "Index Only Scan using job_errors_pkey on job_errors (job_id, run)",
    "Index Scan using jobs_pkey on jobs (id)"
  ],
  find: ["Index Scan using jobs_pkey on jobs (id)"],
  status: ["Index Scan using job_errors_pkey on job_errors (job_id)", "Index Scan using jobs_pkey on jobs (id)"],
  ending: [
    "Index Scan Backward using job_errors_pkey on job_errors (job_id)",
    "Index Scan using jobs_pkey on jobs (id)"
  ],
  listDead: [
    "Index Scan using job_errors_pkey on job_errors (job_id)",
    "Index Scan using jobs_dead on jobs",
    "Index Scan using jobs_dead_by_type on jobs (job_type, finished_at, id)"
  ],
  depth: [
    "Index Only Scan using jobs_due on jobs",
    "Index Only Scan using jobs_ready on jobs",
    "Index Scan using jobs_running on jobs"
  ],
  oldestWaiting: ["Index Only Scan using jobs_due on jobs (due_at)", "Index Only Scan using jobs_ready on jobs"],
  dead: ["Index Only Scan using jobs_dead_by_type on jobs"],
  oldestDead: ["Index Only Scan using jobs_dead_by_type on jobs"]
}

describe("on SQLite", () => {
  it.effect("reads through indexes, and samples from covering ones", () =>
    Effect.gen(function* () {
      expect(yield* reads).toEqual(sqliteReads)
    }).pipe(Effect.provide(storeOver(sqlite)))
  )
})

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect("reads through indexes, and samples from covering ones", () =>
    Effect.gen(function* () {
      expect(yield* reads).toEqual(postgresReads)
    }).pipe(Effect.provide(storeOver(Postgres.client("plans"))))
  )
})
