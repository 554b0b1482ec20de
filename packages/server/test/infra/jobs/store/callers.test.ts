/** What callers do to the tables: submits with and without keys, changes of one job, and all of it in transactions. */
import { describe, expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestContext from "effect/TestContext"
import * as TestServices from "effect/TestServices"
import { JobStore, make } from "../../../../src/infra/jobs/store.ts"
import { isRefused } from "../../../../src/infra/jobs/store/certain.ts"
import type { OtherDatabase } from "../../../../src/infra/jobs/store/other-database.ts"
import { Postgres } from "../../../support/postgres.ts"
import {
  accept,
  age,
  claimAll,
  completed,
  dead,
  endAs,
  inside,
  jobOf,
  ledger,
  live,
  memory,
  onBoth,
  onPostgres,
  onSqlite,
  outside,
  postgresOf,
  type Promises,
  Second,
  startOne,
  storeOver,
  whileOpen
} from "./databases.ts"

const ids = (accepted: ReadonlyArray<{ readonly id: string; readonly isDuplicate: boolean }>) =>
  accepted.map(({ id, isDuplicate }) => (isDuplicate ? `duplicate of ${id}` : id))

/** A client that makes statements whose text passes, and loses the first answer to them. */
const lossy = (sql: SqlClient.SqlClient, passes: RegExp): SqlClient.SqlClient => {
  let isLost = false
  return new Proxy(sql, {
    get: (target, name) => {
      if (name === "withoutTransforms") {
        return () => lossy(target.withoutTransforms(), passes)
      }
      return name === "unsafe"
        ? (text: string, values: ReadonlyArray<unknown>) =>
            Effect.flatMap(target.unsafe(text, values), (rows) => {
              const isNow = !isLost && passes.test(text)
              isLost ||= isNow
              return isNow ? new SqlError({ cause: "connection", message: "lost" }) : Effect.succeed(rows)
            })
        : Reflect.get(target, name)
    }
  })
}

const promises: Promises = {
  "accepts many in the order given, and once": Effect.gen(function* () {
    expect(ids(yield* accept(jobOf("b"), jobOf("a"), jobOf("c")))).toEqual(["b", "a", "c"])
    expect(ids(yield* accept(jobOf("d"), jobOf("a")))).toEqual(["d", "a"])
    yield* live()
    expect((yield* claimAll()).map(({ id }) => id).sort()).toEqual(["a", "b", "c", "d"])
  }),

  "knows a job that has been done since": Effect.gen(function* () {
    const { isKnown } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    yield* endAs(yield* startOne(), completed)
    expect([yield* isKnown("a"), yield* isKnown("b")]).toEqual([true, false])
  }),

  "has one live job of a key, whatever became of those before, in one statement and in several": Effect.gen(
    function* () {
      const { cancel } = yield* JobStore
      const keyed = (id: string) => jobOf(id, { dedupeKey: "k" })
      expect(ids(yield* accept(keyed("a"), keyed("b"), jobOf("c"), jobOf("d", { type: "u", dedupeKey: "k" })))).toEqual(
        ["a", "duplicate of a", "c", "d"]
      )
      expect(ids(yield* accept(keyed("e")))).toEqual(["duplicate of a"])
      yield* cancel("a", outside)
      expect(ids(yield* accept(keyed("f")))).toEqual(["f"])
    }
  ),

  "has one job of a key for a period, alive or not, and another once it is over": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { cancel, purgeKeys } = yield* JobStore
    const once = (id: string, type = "t") => jobOf(id, { type, unique: { key: "k", forMs: 3_600_000 } })
    expect(ids(yield* accept(once("a"), once("b"), once("c", "u")))).toEqual(["a", "duplicate of a", "c"])
    yield* cancel("a", outside)
    expect(ids(yield* accept(once("d")))).toEqual(["duplicate of a"])
    yield* sql`UPDATE job_unique SET until = until - 3600000`
    expect(ids(yield* accept(once("e"), once("f")))).toEqual(["e", "duplicate of e"])
    expect(yield* purgeKeys).toBe(1)
    expect(yield* sql`SELECT job_id FROM job_unique`).toEqual([{ job_id: "e" }])
  }),

  "gives a key for a period to the job that a live key points to": Effect.gen(function* () {
    const { cancel } = yield* JobStore
    const unique = { key: "u", forMs: 3_600_000 }
    yield* accept(jobOf("a", { dedupeKey: "k" }))
    expect(ids(yield* accept(jobOf("b", { dedupeKey: "k", unique })))).toEqual(["duplicate of a"])
    expect(ids(yield* accept(jobOf("c", { unique })))).toEqual(["duplicate of a"])
    yield* cancel("a", outside)
    expect(ids(yield* accept(jobOf("d", { dedupeKey: "k", unique })))).toEqual(["duplicate of a"])
  }),

  "leaves no key for a period to a job that never was": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const unique = { key: "u", forMs: 3_600_000 }
    yield* accept(jobOf("a", { dedupeKey: "k" }))
    // The submission fails half-way, as it would where its process ends.
    const failing = sql.onDialectOrElse({
      pg: () => [
        `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$`,
        "CREATE TRIGGER failing BEFORE UPDATE ON job_unique FOR EACH ROW EXECUTE FUNCTION fail()"
      ],
      orElse: () => ["CREATE TRIGGER failing BEFORE UPDATE ON job_unique BEGIN SELECT RAISE(ABORT, 'no'); END"]
    })
    yield* Effect.forEach(failing, (text) => sql.unsafe(text))
    yield* Effect.flip(accept(jobOf("b", { dedupeKey: "k", unique })))
    expect(yield* sql`SELECT job_id FROM job_unique`).toEqual([])
    expect(ids(yield* accept(jobOf("c", { unique })))).toEqual(["c"])
  }),

  "takes the duplicate of a duplicate for one of the job that is there": Effect.gen(function* () {
    const unique = { key: "u", forMs: 3_600_000 }
    yield* accept(jobOf("a", { dedupeKey: "k" }))
    expect(ids(yield* accept(jobOf("b", { dedupeKey: "k", unique }), jobOf("c", { unique })))).toEqual([
      "duplicate of a",
      "duplicate of a"
    ])
  }),

  "takes every time from the database's clock": Effect.gen(function* () {
    const { status } = yield* JobStore
    const from = Date.now()
    yield* live()
    yield* Effect.gen(function* () {
      expect(yield* Clock.currentTimeMillis).toBe(0)
      yield* accept(jobOf("a", { at: 1000 }), jobOf("b", { delayMs: 60_000 }), jobOf("c", { at: from + 60_000 }))
      yield* endAs(yield* startOne(), completed)
    }).pipe(Effect.provide(TestContext.TestContext))
    const times = yield* Effect.forEach(["a", "b", "c"], (id) => Effect.map(status(id), Option.getOrThrow))
    const [a, b, c] = times
    for (const time of [a?.acceptedAt, a?.dueAt, a?.startedAt, a?.finishedAt, (b?.dueAt ?? 0) - 60_000]) {
      expect(time).toBeGreaterThanOrEqual(from - 50)
      expect(time).toBeLessThan(from + 10_000)
    }
    expect(c?.dueAt).toBe(from + 60_000)
  }),

  "is there after a commit and never was after a rollback, written down to be counted once": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { insert, isKnown, takeUncounted } = yield* JobStore
    const several = [jobOf("a"), jobOf("b"), jobOf("c", { priority: "high" })]
    yield* Effect.either(sql.withTransaction(Effect.zipRight(insert(several, inside), Effect.fail("no"))))
    expect([yield* isKnown("a"), yield* ledger]).toEqual([false, []])
    yield* sql.withTransaction(insert(several, inside))
    expect(yield* isKnown("a")).toBe(true)
    yield* live()
    expect(yield* takeUncounted("nobody")).toEqual([])
    const counted = yield* takeUncounted("me")
    expect(counted.toSorted((a, b) => b.times - a.times)).toEqual([
      { operation: "submit", type: "t", priority: "normal", attempts: 0, ageMs: 0, times: 2 },
      { operation: "submit", type: "t", priority: "high", attempts: 0, ageMs: 0, times: 1 }
    ])
    expect(yield* takeUncounted("me")).toEqual([])
  }),

  "writes down what a transaction found to be a duplicate": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { insert } = yield* JobStore
    yield* accept(jobOf("a", { dedupeKey: "k" }))
    const keyed = [jobOf("b", { dedupeKey: "k" }), jobOf("c")]
    expect(ids(yield* sql.withTransaction(insert(keyed, inside)))).toEqual(["duplicate of a", "c"])
    expect((yield* ledger).map(({ operation }) => operation).sort()).toEqual(["duplicate", "submit"])
  }),

  "cancels what waits or is held, once, and nothing else": Effect.gen(function* () {
    const { cancel, ending, isKnown } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"), jobOf("b"), jobOf("c"))
    const held = yield* startOne()
    expect(Option.getOrThrow(yield* cancel(held.id, outside))).toEqual({
      id: held.id,
      type: "t",
      priority: "normal",
      attempts: 1,
      heldBy: "me"
    })
    expect(yield* cancel(held.id, outside)).toEqual(Option.none())
    expect(yield* endAs(held, completed)).toEqual(["lost"])
    expect(Option.getOrThrow(yield* ending(held.id))).toMatchObject({ state: "cancelled", attempt: 1 })
    expect(Option.getOrThrow(yield* cancel("b", outside))).toMatchObject({ attempts: 0, heldBy: undefined })
    yield* endAs(yield* startOne(), completed)
    expect(yield* cancel("c", outside)).toEqual(Option.none())
    expect([yield* cancel("nowhere", outside), yield* isKnown("nowhere")]).toEqual([Option.none(), false])
  }),

  "replays what is dead, once, from its first attempt, unless its key lives": Effect.gen(function* () {
    const { replay, status } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a", { dedupeKey: "k", delayMs: -3_600_000 }))
    yield* endAs(yield* startOne(), dead)
    yield* accept(jobOf("b", { dedupeKey: "k" }))
    expect(yield* replay("a", outside)).toEqual(Option.none())
    yield* endAs(yield* startOne(), completed)
    expect(yield* replay("b", outside)).toEqual(Option.none())
    expect(Option.getOrThrow(yield* replay("a", outside))).toEqual({ id: "a", type: "t", priority: "normal" })
    expect(yield* replay("a", outside)).toEqual(Option.none())
    const now = Option.getOrThrow(yield* status("a"))
    expect(now).toMatchObject({ state: "ready", attempt: 0, replays: 1, reason: undefined, finishedAt: undefined })
    expect(now.errors.map(({ attempt, reason }) => [attempt, reason])).toEqual([[1, "r"]])
    expect(now.dueAt - now.acceptedAt).toBeGreaterThanOrEqual(0)
    expect(yield* startOne()).toMatchObject({ id: "a", attempt: 1, run: 2 })
  }),

  "changes jobs in transactions, and writes it down to be counted": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { cancel, replay, status } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"), jobOf("b"))
    const held = yield* startOne()
    yield* endAs(yield* startOne(), dead)
    const both = Effect.all([cancel(held.id, inside), replay("b", inside)])
    yield* Effect.either(sql.withTransaction(Effect.zipRight(both, Effect.fail("no"))))
    const stateOf = (id: string) => Effect.map(status(id), (found) => Option.getOrThrow(found).state)
    expect([yield* stateOf("a"), yield* stateOf("b"), yield* ledger]).toEqual(["running", "dead", []])
    yield* sql.withTransaction(both)
    expect([yield* stateOf("a"), yield* stateOf("b")]).toEqual(["cancelled", "ready"])
    expect(yield* ledger).toEqual([
      { operation: "cancel", attempts: 1, times: 1 },
      { operation: "replay", attempts: 0, times: 1 }
    ])
    yield* sql.withTransaction(Effect.all([cancel("a", inside), replay("b", inside)]))
    expect(yield* ledger).toHaveLength(2)
  }),

  "reads in a transaction what the transaction has done": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { insert, payload, status } = yield* JobStore
    const read = Effect.zipRight(
      insert([jobOf("a", { payload: "[2]" })], inside),
      Effect.all([status("a"), payload("a")])
    )
    const [found, text] = yield* sql.withTransaction(read)
    expect([Option.getOrThrow(found).state, text]).toEqual(["ready", Option.some("[2]")])
  }),

  "takes a write for made whose answer was lost": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { isKnown } = yield* JobStore
    yield* live()
    const losing = (passes: RegExp) => make(lossy(sql, passes))
    const { insert } = yield* losing(/INSERT INTO ("public"\.)?"jobs" /)
    expect(ids(yield* insert([jobOf("a"), jobOf("b", { dedupeKey: "k" })], outside))).toEqual(["a", "b"])
    expect(yield* isKnown("a")).toBe(true)
    yield* endAs(yield* startOne(), dead)
    const { replay } = yield* losing(/'?state = 4/)
    expect(Option.isSome(yield* replay("a", outside))).toBe(true)
    const { cancel } = yield* losing(/DELETE FROM/)
    expect(Option.isSome(yield* cancel("a", outside))).toBe(true)
    // Another caller's cancel is not taken for this one's.
    expect(yield* cancel("a", outside)).toEqual(Option.none())
  }),

  "makes what was lost before its commit": Effect.gen(function* () {
    const { insert } = yield* JobStore
    const sql = yield* SqlClient.SqlClient
    const broken = (is: boolean) =>
      sql.onDialectOrElse({
        pg: () => (is ? sql`ALTER TABLE jobs RENAME TO away` : sql`ALTER TABLE away RENAME TO jobs`),
        orElse: () => sql`PRAGMA query_only = ${sql.literal(is ? "ON" : "OFF")}`
      })
    yield* broken(true)
    const inserting = yield* Effect.fork(insert([jobOf("a")], outside))
    yield* Effect.sleep("100 millis")
    yield* broken(false)
    expect(ids(yield* Fiber.join(inserting))).toEqual(["a"])
  }),

  "purges what ended so and is old enough, of a type or by ids, with its errors": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { cancel, finishedTypes, purge, replay } = yield* JobStore
    yield* live()
    yield* accept(...["a", "b", "c", "d", "e", "f"].map((id) => jobOf(id)))
    const [a, b, c, d] = yield* Effect.all([startOne(), startOne(), startOne(), startOne()])
    yield* endAs(a, completed)
    yield* endAs(b, dead)
    yield* endAs(c, dead)
    yield* cancel("e", outside)
    yield* age(10_000)
    yield* endAs(d, dead)
    expect(yield* finishedTypes("dead")).toEqual(["t"])
    expect(yield* purge({ state: "dead", olderThanMs: 5000, type: "u" })).toBe(0)
    yield* replay("c", outside)
    expect(yield* purge({ state: "dead", olderThanMs: 5000 })).toBe(1)
    expect(yield* sql`SELECT job_id FROM job_errors ORDER BY job_id`).toEqual([{ job_id: "c" }, { job_id: "d" }])
    expect(yield* purge({ state: "dead", ids: ["a", "c", "d", "x"] })).toBe(1)
    expect(yield* purge({ state: "completed", before: Date.now() })).toBe(1)
    expect(yield* purge({ state: "cancelled", type: "t" })).toBe(1)
    expect(yield* finishedTypes("dead")).toEqual([])
    expect(yield* sql`SELECT id FROM jobs ORDER BY id`).toEqual([{ id: "c" }, { id: "f" }])
    expect(yield* sql`SELECT job_id FROM job_errors`).toEqual([{ job_id: "c" }])
  }),

  "purges a thousand a step": Effect.gen(function* () {
    const { purge } = yield* JobStore
    const sql = yield* SqlClient.SqlClient
    yield* sql`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
      INSERT INTO jobs_done (id, type, partition, priority, state, due_at, accepted_at, finished_at, payload)
      SELECT 'job ' || i, 'type ' || (i % 7), 0, 2, 3, 1, 1, i, '1' FROM n`
    expect([yield* purge({ state: "cancelled" }), yield* purge({ state: "cancelled" })]).toEqual([1000, 200])
    expect(yield* purge({ state: "cancelled" })).toBe(0)
  })
}

onBoth("callers", promises)

onSqlite({
  "lets others have the event loop while it purges": Effect.gen(function* () {
    const { purge } = yield* JobStore
    const sql = yield* SqlClient.SqlClient
    yield* sql`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
      INSERT INTO jobs_done (id, type, partition, priority, state, due_at, accepted_at, finished_at, payload)
      SELECT 'job ' || i, 't', 0, 2, 3, 1, 1, i, '1' FROM n`
    const left: Array<unknown> = []
    const look = Effect.flatMap(sql<{ readonly n: number }>`SELECT count(*) AS n FROM jobs_done`, ([row]) =>
      Effect.sync(() => left.push(row?.n))
    )
    yield* Effect.race(Effect.forever(Effect.zipRight(look, Effect.sleep("1 millis"))), purge({ state: "cancelled" }))
    expect(new Set(left).size).toBeGreaterThan(5)
  })
})

onPostgres("callers_locked", {
  "delays the change of a row that another session has, and no other": Effect.gen(function* () {
    const { cancel } = yield* JobStore
    yield* accept(jobOf("a"), jobOf("b"))
    const locked = yield* whileOpen(
      (sql) => sql`SELECT id FROM jobs WHERE id = 'a' FOR UPDATE`,
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(cancel("a", outside))
        expect(Option.isSome(yield* cancel("b", outside))).toBe(true)
        yield* Effect.sleep("200 millis")
        expect(fiber.unsafePoll()).toBe(null)
        return fiber
      })
    )
    expect(Option.isSome(yield* Fiber.join(locked))).toBe(true)
  }),

  "waits for a key that a transaction has taken, until that has ended": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const other = yield* make(yield* Second)
    const waiting = yield* whileOpen(
      () => other.insert([jobOf("a", { dedupeKey: "k" })], inside),
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(accept(jobOf("b", { dedupeKey: "k" })))
        const waits = sql`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
        yield* Effect.repeat(waits, { until: (some) => some.length > 0 })
        // It gives its connection back, and tries again after a pause.
        yield* Effect.repeat(waits, { until: (some) => some.length === 0 })
        expect(fiber.unsafePoll()).toBe(null)
        return fiber
      })
    )
    expect(ids(yield* Fiber.join(waiting))).toEqual(["duplicate of a"])
    expect(yield* sql`SELECT id FROM jobs`).toEqual([{ id: "a" }])
  }),

  "gives up at once what the database will never take": Effect.gen(function* () {
    const error = yield* Effect.flip(accept(jobOf("a", { payload: "\u0000" })))
    expect(error._tag === "SqlError" && isRefused(error)).toBe(true)
  })
})

/** Each operation of a caller and each read, in a transaction of another database. */
const operations = (store: typeof JobStore.Service) => ({
  insert: store.insert([jobOf("x")], inside),
  cancel: store.cancel("x", inside),
  replay: store.replay("x", inside),
  purge: store.purge({ state: "dead" }),
  finishedTypes: store.finishedTypes("dead"),
  purgeKeys: store.purgeKeys,
  setPaused: store.setPaused("t", true),
  paused: store.paused,
  isKnown: store.isKnown("x"),
  status: store.status("x"),
  ending: store.ending("x"),
  payload: store.payload("x"),
  page: store.page({ state: "ready", limit: 1 }),
  depth: store.depth,
  dead: store.dead,
  oldestWaiting: store.oldestWaiting,
  oldestDead: store.oldestDead
})

const refusedIn = <E, R>(other: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  Effect.gen(function* () {
    const store = yield* JobStore
    const outcomes: Record<string, string> = {}
    for (const [name, operation] of Object.entries(operations(store))) {
      const inOther = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        sql.withTransaction(Effect.either<unknown, SqlError | OtherDatabase, never>(operation))
      )
      const outcome = yield* Effect.provide(inOther, other)
      outcomes[name] = Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: () => "done" })
    }
    const all = Object.keys(operations(store))
    expect(outcomes).toEqual(Object.fromEntries(all.map((name) => [name, "OtherDatabase"])))
    expect(yield* Effect.map(store.status("x"), Option.isNone)).toBe(true)
  })

const others = {
  "without tables of jobs": memory,
  "with its own tables of jobs": Layer.fresh(storeOver(Layer.fresh(memory)))
} as const

describe("a transaction of another database", () => {
  for (const [which, other] of Object.entries(others)) {
    it.effect(`is refused: SQLite's ${which}`, () =>
      refusedIn(other).pipe(Effect.provide(storeOver(memory)), TestServices.provideLive)
    )
  }
  it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
    it.effect("is refused: one without tables of jobs, one with its own, and SQLite's", () =>
      Effect.gen(function* () {
        yield* refusedIn(Postgres.client("other_bare"))
        yield* refusedIn(storeOver(Postgres.client("other_with_jobs")))
        // In a schema of the same name, so that tables and functions have the same names.
        const same = JobStore.layer({ schema: "other_ours" }).pipe(
          Layer.provideMerge(Postgres.client("other_with_same")),
          Layer.orDie
        )
        yield* refusedIn(same)
        const known = Effect.flatMap(JobStore, ({ isKnown }) => isKnown("x"))
        expect(yield* Effect.provide(known, same)).toBe(false)
        yield* refusedIn(memory)
      }).pipe(Effect.provide(storeOver(postgresOf("other_ours"))), TestServices.provideLive)
    )
  })
})
