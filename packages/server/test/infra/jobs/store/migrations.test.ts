/** Tables of migration 3, with jobs and runners at work: they get what later ones add, and nothing else changes. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestServices from "effect/TestServices"
import { keptColumns, runColumns, traceColumns } from "../../../../src/infra/jobs/store/dialect.ts"
import { JobStore, make } from "../../../../src/infra/jobs/store.ts"
import type { TableOptions } from "../../../../src/infra/jobs/store/names.ts"
import { outliving } from "../../../../src/infra/jobs/transaction.ts"
import { Postgres } from "../../../support/postgres.ts"
import {
  accept,
  claimAll,
  completed,
  dead,
  endAs,
  failure,
  jobOf,
  lease,
  live,
  onBoth,
  outside,
  postgresOf,
  type Promises,
  Second,
  sqliteFile,
  startOne,
  storeOver,
  whileOpen
} from "./databases.ts"

const open = (options: TableOptions = {}) => Effect.flatMap(SqlClient.SqlClient, (client) => make(client, options))

/** Makes of the tables what migration 3 made. */
const takeBack = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE job_runners DROP COLUMN slots`
  for (const table of ["jobs", "jobs_done"]) {
    for (const column of traceColumns.split(", ")) {
      yield* sql.unsafe(`ALTER TABLE ${table} DROP COLUMN ${column}`)
    }
  }
  yield* sql`DELETE FROM jobs_migrations WHERE migration_id > 3`
})

const migrations = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`SELECT migration_id AS id, name FROM jobs_migrations ORDER BY migration_id`
)

const all = [
  { id: 3, name: "queue_in_tables" },
  { id: 4, name: "slots_of_runners" },
  { id: 5, name: "spans_of_jobs" }
]

const now = (sql: SqlClient.SqlClient) =>
  sql.literal(
    sql.onDialectOrElse({
      pg: () => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
      orElse: () => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    })
  )

/** How a runner of the version before begins, and says that it lives. */
const beginBefore = (sql: SqlClient.SqlClient, id: string) => sql`
  INSERT INTO job_runners (id, name, heartbeat_at) VALUES (${id}, ${id}, ${now(sql)})
  ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`
const beatBefore = (sql: SqlClient.SqlClient, id: string) => sql`
  UPDATE job_runners SET heartbeat_at = ${now(sql)} WHERE id = ${id} AND heartbeat_at > ${now(sql)} - ${lease} RETURNING id`

/** How runners of the version before migration 5 do what moves a job: with the columns that they know. */
const withoutSpans = (sql: SqlClient.SqlClient, id: string) => {
  const columns = sql.literal(`${keptColumns}, ${runColumns}`)
  return {
    claim: sql`
      UPDATE jobs SET state = 1, held_by = 'old', run = run + 1, started_at = ${now(sql)}, attempt = attempt + 1
      WHERE id = ${id}`,
    retry: sql`UPDATE jobs SET state = 0, held_by = NULL, is_retry = 1 WHERE id = ${id}`,
    bury: Effect.zipRight(
      sql`INSERT INTO jobs_done (${columns}, finished_at, state, reason)
        SELECT ${columns}, ${now(sql)}, 4, 'r' FROM jobs WHERE id = ${id}`,
      sql`DELETE FROM jobs WHERE id = ${id}`
    ),
    replay: Effect.zipRight(
      sql`INSERT INTO jobs (${sql.literal(keptColumns)}) SELECT ${sql.literal(keptColumns)} FROM jobs_done WHERE id = ${id}`,
      sql`DELETE FROM jobs_done WHERE id = ${id}`
    )
  }
}

const lives = Effect.flatMap(JobStore, (store) =>
  Effect.map(store.lives, (lives) => lives.map(({ heartbeatAgeMs: _, ...life }) => life))
)

const promises: Promises = {
  "takes the jobs along": Effect.gen(function* () {
    const { replay, status } = yield* JobStore
    yield* live()
    yield* accept(jobOf("completed"), jobOf("dead"), jobOf("running"))
    const [first, second] = yield* claimAll()
    yield* Effect.forEach(first === undefined ? [] : [first], (job) => endAs(job, completed))
    yield* Effect.forEach(second === undefined ? [] : [second], (job) => endAs(job, dead))
    yield* accept(jobOf("ready"), jobOf("scheduled", { delayMs: 3_600_000, dedupeKey: "k" }))
    const ids = ["completed", "dead", "running", "ready", "scheduled"]
    const jobs = Effect.forEach(ids, (id) => Effect.map(status(id), Option.getOrThrow))
    const before = yield* jobs
    expect(before.map(({ state }) => state)).toEqual(ids)
    yield* takeBack
    yield* open()
    expect(yield* jobs).toEqual(before)
    expect(yield* migrations).toEqual(all)
    expect((yield* startOne()).id).toBe("ready")
    expect(Option.isSome(yield* replay("dead", outside))).toBe(true)
  }),

  "lets runners of the version before begin and work on, whose slots are not known": Effect.gen(function* () {
    const old = yield* Second
    const { end } = yield* JobStore
    yield* beginBefore(old, "old")
    yield* accept(jobOf("1"), jobOf("2"))
    const held = yield* startOne("old")
    yield* takeBack
    yield* open()
    yield* live("new", 7)
    expect(yield* beatBefore(old, "old")).toEqual([{ id: "old" }])
    const { attempt, id, run } = held
    expect(yield* end("old", [{ id, run, attempt, settlement: completed }])).toEqual(["written"])
    yield* beginBefore(old, "older")
    yield* startOne("older")
    expect(yield* lives).toEqual([
      { id: "new", name: "new", running: 0, slots: 7 },
      { id: "old", name: "old", running: 0 },
      { id: "older", name: "older", running: 1 }
    ])
  }),

  "lets runners of the version before move jobs whose spans are kept, and those of this version what they have moved":
    Effect.gen(function* () {
      const { status } = yield* JobStore
      const old = yield* Second
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      yield* live()
      yield* accept(jobOf("1", { traceparent, tracestate: "a=1", baggage: "b=2" }))
      const { attempt, id, run } = yield* startOne()
      const retrying = { _tag: "Retrying", failure, pauseMs: 0 } as const
      const { end, replay } = yield* JobStore
      yield* end("me", [{ id, run, attempt, settlement: retrying, traceparent }])
      const before = withoutSpans(old, id)
      yield* before.claim
      yield* before.retry
      const kept = { traceparent, tracestate: "a=1", baggage: "b=2", lastTraceparent: traceparent }
      const again = yield* startOne()
      expect(again).toMatchObject({ ...kept, attempt: 3, replayTraceparent: undefined })
      yield* before.bury
      expect(Option.getOrThrow(yield* status(id))).toMatchObject({ state: "dead", traceparent })
      expect(Option.isSome(yield* replay(id, { ...outside, traceparent }))).toBe(true)
      const lost = { tracestate: undefined, baggage: undefined, lastTraceparent: undefined }
      const replayed = yield* startOne()
      expect(replayed).toMatchObject({ traceparent, ...lost, replayTraceparent: traceparent })
      yield* endAs(replayed, dead)
      yield* before.replay
      expect(yield* startOne()).toMatchObject({ traceparent, ...lost, replayTraceparent: undefined })
    }),

  "is made once, by three at the same time": Effect.gen(function* () {
    const second = yield* Second
    yield* takeBack
    const three = Effect.all([open(), make(second), open()], { concurrency: 3, discard: true })
    expect(yield* Effect.exit(three)).toEqual(Exit.void)
    expect(yield* migrations).toEqual(all)
    yield* live("me", 1)
    expect(yield* lives).toEqual([{ id: "me", name: "me", running: 0, slots: 1 }])
  })
}

onBoth("migrations", promises)

it.scoped("is made although a runner of another process writes at the same moment, on SQLite", () =>
  Effect.gen(function* () {
    const old = yield* Second
    yield* takeBack
    yield* beginBefore(old, "old")
    let times = 0
    const opened = open().pipe(
      Statement.withTransformer((statement) =>
        Effect.gen(function* () {
          if (times < 2 && statement.compile()[0].startsWith('INSERT INTO "jobs_migrations"')) {
            times += 1
            // On its own connection, and not in this transaction.
            yield* Effect.orDie(outliving(Statement.withTransformerDisabled(beatBefore(old, "old"))))
          }
          return statement
        })
      )
    )
    expect(yield* Effect.exit(Effect.asVoid(opened))).toEqual(Exit.void)
    expect(times).toBe(2)
    expect(yield* migrations).toEqual(all)
    yield* live("me", 1)
  }).pipe(Effect.provide(storeOver(sqliteFile)), TestServices.provideLive)
)

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.scoped("holds up no heartbeat for long while another transaction reads the runners", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* takeBack
      yield* beginBefore(sql, "old")
      const opening = yield* whileOpen(
        (other) => other`SELECT * FROM job_runners`,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.exit(Effect.asVoid(open())))
          const isWaiting = sql`SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted`
          yield* Effect.repeat(isWaiting, { until: (rows) => rows.length > 0 })
          const beat = yield* Effect.timeoutOption(Effect.disconnect(beatBefore(sql, "old")), "5 seconds")
          expect(beat).toEqual(Option.some([{ id: "old" }]))
          return fiber
        })
      )
      expect(yield* Fiber.join(opening)).toEqual(Exit.void)
      expect(yield* migrations).toEqual(all)
    }).pipe(Effect.provide(storeOver(postgresOf("readers"))), TestServices.provideLive)
  )

  it.scoped("holds up no job for long while a caller's transaction has submitted one", () =>
    Effect.gen(function* () {
      yield* takeBack
      const sql = yield* SqlClient.SqlClient
      const submit = (other: SqlClient.SqlClient, id: string) => other`
        INSERT INTO jobs (id, type, partition, priority, due_at, accepted_at, payload) VALUES (${id}, 't', 0, 2, 1, 1, '1')`
      const opening = yield* whileOpen(
        (other) => submit(other, "1"),
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.exit(Effect.asVoid(open())))
          const isWaiting = sql`SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted`
          yield* Effect.repeat(isWaiting, { until: (rows) => rows.length > 0 })
          expect(Option.isSome(yield* Effect.timeoutOption(Effect.disconnect(submit(sql, "2")), "5 seconds"))).toBe(
            true
          )
          return fiber
        })
      )
      expect(yield* Fiber.join(opening)).toEqual(Exit.void)
      expect(yield* migrations).toEqual(all)
    }).pipe(Effect.provide(storeOver(postgresOf("submitters"))), TestServices.provideLive)
  )

  it.effect("refuses to start as a role that may not make it, and serves that role once it is made", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const options = { schema: "owned" }
      yield* open(options)
      yield* takeBack
      yield* sql`CREATE ROLE no_owner`
      yield* sql`GRANT USAGE, CREATE ON SCHEMA owned TO no_owner`
      yield* sql`GRANT ALL ON ALL TABLES IN SCHEMA owned TO no_owner`
      const asOther = Effect.provide(postgresOf("no_owner", "owned -c role=no_owner"))
      const refusal = yield* asOther(Effect.flip(Effect.asVoid(open(options))))
      expect([refusal._tag, refusal.message]).toEqual([
        "OptionsError",
        "schema: given owned; expected one where this role may make what is missing, but must be owner of table " +
          "job_runners. Start once as the role that owns the tables."
      ])
      expect(yield* migrations).toEqual(all.slice(0, 1))
      yield* open(options)
      expect(yield* Effect.exit(Effect.asVoid(asOther(open(options))))).toEqual(Exit.void)
    }).pipe(Effect.provide(postgresOf("owned")), TestServices.provideLive)
  )
})
