/** What runners do to the tables: order, fences, ends, locked rows, leases, and what becomes of those that die. */
import { expect } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JobStore, make } from "../../../../src/infra/jobs/store.ts"
import {
  accept,
  age,
  claimAll,
  completed,
  dead,
  endAs,
  failure,
  fenceOf,
  jobOf,
  lease,
  live,
  onBoth,
  onPostgres,
  outside,
  type Promises,
  requestOf,
  startOne,
  whileOpen
} from "./databases.ts"

const released = { _tag: "Released" } as const
const returned = { _tag: "Returned" } as const
const retrying = { _tag: "Retrying", failure, pauseMs: 60_000 } as const

/** The lease of this runner has been over for half of one. */
const die = (id: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`UPDATE job_runners SET heartbeat_at = heartbeat_at - ${1.5 * lease} WHERE id = ${id}`
  )

const statusOf = (id: string) => Effect.flatMap(JobStore, ({ status }) => Effect.map(status(id), Option.getOrThrow))

const idsOf = (jobs: ReadonlyArray<{ readonly id: string }>) => jobs.map(({ id }) => id)

interface Loss {
  isOn: boolean
  readonly after: Effect.Effect<unknown, unknown>
}

/** A client that loses the answers to commits, after which something happens. */
const losingCommits = (sql: SqlClient.SqlClient, loss: Loss): SqlClient.SqlClient =>
  new Proxy(sql, {
    get: (target, name) => {
      switch (name) {
        case "withoutTransforms":
          return () => losingCommits(target.withoutTransforms(), loss)
        case "withTransaction":
          return (effect: Effect.Effect<unknown, unknown>) => {
            const done = target.withTransaction(effect)
            const lost = new SqlError({ cause: "connection", message: "lost" })
            return loss.isOn ? done.pipe(Effect.zipRight(loss.after), Effect.zipRight(lost)) : done
          }
        default:
          return Reflect.get(target, name)
      }
    }
  })

const promises: Promises = {
  "lets the least urgent wait five minutes longer at most, however much that is more urgent keeps coming": Effect.gen(
    function* () {
      const sql = yield* SqlClient.SqlClient
      yield* live()
      yield* accept(
        jobOf("low", { priority: "low" }),
        jobOf("critical 1", { priority: "critical" }),
        jobOf("critical 2", { priority: "critical" }),
        jobOf("high", { priority: "high" }),
        jobOf("normal")
      )
      // The low one has waited a moment less, and a moment more, than the head start of the critical ones.
      yield* sql`UPDATE jobs SET due_at = due_at - 299000 WHERE id = 'low'`
      yield* sql`UPDATE jobs SET due_at = due_at - 2000 WHERE id = 'critical 1'`
      expect(idsOf(yield* claimAll())).toEqual(["critical 1", "critical 2", "low", "high", "normal"])
    }
  ),

  "takes what is due first, of those due at once what was submitted first, and so many of each type": Effect.gen(
    function* () {
      const sql = yield* SqlClient.SqlClient
      yield* live()
      yield* accept(jobOf("b"), jobOf("a"), jobOf("c"), jobOf("d", { type: "u" }), jobOf("e", { type: "v" }))
      yield* sql`UPDATE jobs SET due_at = 1000`
      yield* sql`UPDATE jobs SET due_at = 900 WHERE id = 'c'`
      const types = [
        { type: "t", most: 2 },
        { type: "u", most: 2 }
      ]
      const jobs = yield* claimAll({ types })
      expect(idsOf(jobs)).toEqual(["c", "a", "d"])
      expect(idsOf(yield* claimAll({ types, most: 0 }))).toEqual([])
      expect(idsOf(yield* claimAll({ types }))).toEqual(["b"])
    }
  ),

  "claims each job once, with many claims at the same time": Effect.gen(function* () {
    const { claim } = yield* JobStore
    yield* live()
    yield* accept(...Array.from({ length: 30 }, (_, n) => jobOf(`${n}`)))
    const claims = yield* Effect.all(
      Array.from({ length: 10 }, () => claim(requestOf({ most: 3 }))),
      { concurrency: 10 }
    )
    const more = yield* claimAll()
    const ids = [...claims.flatMap(({ jobs }) => jobs), ...more].map(({ id }) => id)
    expect([ids.length, new Set(ids).size]).toEqual([30, 30])
  }),

  "says in how long the next one is due": Effect.gen(function* () {
    const { claim, nextDue } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a", { delayMs: 500 }), jobOf("b", { delayMs: 90_000, priority: "low" }), jobOf("c"))
    yield* accept(jobOf("d", { delayMs: 1, type: "u" }))
    const dueMs = yield* nextDue(["t", "v"])
    expect(dueMs).toBeGreaterThan(0)
    expect(dueMs).toBeLessThanOrEqual(500)
    expect(idsOf((yield* claim(requestOf())).jobs)).toEqual(["c"])
    yield* Effect.sleep((dueMs ?? 0) + 5)
    const { jobs } = yield* claim(requestOf())
    expect(idsOf(jobs)).toEqual(["a"])
    expect(jobs[0]?.dueMs).toBeGreaterThanOrEqual(0)
    expect(jobs[0]?.ageMs).toBeGreaterThanOrEqual(500)
    expect(yield* nextDue(["t"])).toBeGreaterThan(80_000)
    yield* age(90_000)
    expect([yield* nextDue(["t"]), yield* nextDue([])]).toEqual([undefined, undefined])
  }),

  "claims of the partitions that it owns, of what is not paused, and while it lives": Effect.gen(function* () {
    const { setPaused } = yield* JobStore
    yield* accept(jobOf("a", { partition: 1 }), jobOf("b", { partition: 65 }), jobOf("c", { partition: 2 }))
    expect(idsOf(yield* claimAll())).toEqual([])
    yield* live()
    expect(idsOf(yield* claimAll({ owned: [] }))).toEqual([])
    // 65 lies outside of the partitions that there are now: it is one of them all the same.
    expect(idsOf(yield* claimAll({ owned: [1, 3] }))).toEqual(["a", "b"])
    yield* setPaused("t", true)
    expect(idsOf(yield* claimAll({ owned: [2] }))).toEqual([])
    yield* setPaused("t", false)
    yield* die("me")
    expect(idsOf(yield* claimAll({ owned: [2] }))).toEqual([])
    yield* live()
    expect(idsOf(yield* claimAll({ owned: [2] }))).toEqual(["c"])
  }),

  "gives what was submitted with a job to its runner": Effect.gen(function* () {
    yield* live()
    const backoff = { baseMs: 10, factor: 2, maxMs: 100, jitter: 0.5 }
    const more = { payload: '{"a":"\\u0000 ü"}', maxAttempts: 3, timeoutMs: 1500, backoff, traceparent: "00-a-b-01" }
    yield* accept(jobOf("a", { priority: "high", ...more }))
    const [job] = yield* claimAll()
    expect(job).toMatchObject({ id: "a", type: "t", priority: "high", ...more, attempt: 1, deaths: 0 })
  }),

  "counts the attempt of a suspect when it begins, and not when it is claimed": Effect.gen(function* () {
    const { claimSuspect, held, start } = yield* JobStore
    const sql = yield* SqlClient.SqlClient
    yield* live()
    yield* accept(jobOf("a"), jobOf("b"))
    yield* sql`UPDATE jobs SET is_suspect = 1`
    const a = Option.getOrThrow(yield* claimSuspect(requestOf()))
    const b = Option.getOrThrow(yield* claimSuspect(requestOf()))
    expect([a.attempt, a.isStarted, (yield* statusOf("a")).attempt]).toEqual([1, false, 0])
    expect(yield* start("me", [fenceOf(a)], false)).toEqual(["a"])
    // Made again after an answer that was lost.
    expect(yield* start("me", [fenceOf(a)], false)).toEqual(["a"])
    expect((yield* statusOf("a")).attempt).toBe(1)
    const kind = { type: "t", priority: "normal", isRedelivered: false }
    expect((yield* held("me")).toSorted((x, y) => (x.id < y.id ? -1 : 1))).toEqual([
      { id: "a", run: 1, isStarted: true, ...kind, attempt: 1 },
      { id: "b", run: 1, isStarted: false, ...kind, attempt: 0 }
    ])
    expect(yield* start("other", [fenceOf(b)], false)).toEqual([])
    expect(yield* start("me", [{ id: "b", run: 2 }], false)).toEqual([])
    expect(yield* endAs(b, released)).toEqual(["written"])
    expect(yield* start("me", [fenceOf(b)], false)).toEqual([])
    yield* sql`UPDATE jobs SET is_suspect = 0`
    expect(yield* startOne()).toMatchObject({ id: "b", attempt: 1, run: 2, isRedelivered: false, isStarted: true })
  }),

  "ends runs of each kind in one go, in the order given, and says so again": Effect.gen(function* () {
    const { end, ending, payload } = yield* JobStore
    yield* live()
    yield* accept(...["a", "b", "c", "d", "e"].map((id) => jobOf(id, { payload: `"${id}"`, dedupeKey: id })))
    const jobs = yield* claimAll({ types: [{ type: "t", most: 9 }] })
    const settlements = [completed, retrying, { ...dead, failure: { ...failure, encoded: "[1]" } }, released, released]
    const ends = jobs.flatMap((job, index) => {
      const settlement = settlements[index]
      return settlement === undefined ? [] : [{ ...job, settlement }]
    })
    const all = ["written", "written", "written", "written", "written"]
    expect(yield* end("me", ends)).toEqual(all)
    expect(yield* end("me", ends)).toEqual(all)
    const states = yield* Effect.forEach(["a", "b", "c", "d", "e"], statusOf)
    expect(states.map(({ attempt, state }) => [state, attempt])).toEqual([
      ["completed", 1],
      ["retrying", 1],
      ["dead", 1],
      ["ready", 1],
      ["ready", 1]
    ])
    const endings = yield* Effect.forEach(["a", "b", "c"], ending)
    expect(endings.map((found) => Option.getOrThrow(found))).toMatchObject([
      { result: "1", reason: undefined, error: undefined },
      { state: "retrying", message: "m" },
      { reason: "r", message: "m", error: "[1]" }
    ])
    expect(yield* payload("c")).toEqual(Option.some('"c"'))
    const [d, e] = yield* claimAll({ types: [{ type: "t", most: 9 }] })
    expect([d, e]).toMatchObject([
      { id: "d", attempt: 1, isRedelivered: true, run: 2 },
      { id: "e", attempt: 1, isRedelivered: true, run: 2 }
    ])
    expect((yield* statusOf("d")).redeliveries).toBe(1)
    expect(yield* end("me", ends)).toEqual(["written", "written", "written", "lost", "lost"])
  }),

  "takes back the start of what is returned, and says so again": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const row = Effect.map(
      sql`SELECT state, attempt, retries, redeliveries, redeliver, started_at FROM jobs`,
      ([only]) => only
    )
    yield* live()
    yield* accept(jobOf("a"))
    const before = { state: 0, attempt: 0, retries: 0, redeliveries: 0, redeliver: 0, started_at: null }
    expect(yield* row).toEqual(before)
    const first = yield* startOne()
    expect([yield* endAs(first, returned), yield* endAs(first, returned)]).toEqual([["written"], ["written"]])
    expect(yield* row).toEqual(before)
    // A redelivery stays one.
    yield* endAs(yield* startOne(), released)
    const given = yield* row
    expect(yield* endAs(yield* startOne(), returned)).toEqual(["written"])
    expect(yield* row).toEqual({ ...given, started_at: null })
    // So does another attempt.
    const again = yield* startOne()
    expect(again).toMatchObject({ attempt: 1, isRedelivered: true })
    yield* endAs(again, retrying)
    yield* age(60_000)
    const failed = yield* row
    expect(yield* endAs(yield* startOne(), returned)).toEqual(["written"])
    expect(yield* row).toEqual({ ...failed, started_at: null })
    const last = yield* startOne()
    expect(last).toMatchObject({ attempt: 2, isRedelivered: false })
    expect(yield* row).toMatchObject({ attempt: 2, retries: 1, redeliveries: 1 })
    expect(yield* endAs(first, returned)).toEqual(["lost"])
  }),

  "counts what is tried again": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* live()
    yield* accept(jobOf("a"))
    yield* endAs(yield* startOne(), retrying)
    expect(yield* claimAll()).toEqual([])
    yield* age(60_000)
    const [job] = yield* claimAll()
    const { start } = yield* JobStore
    yield* start("me", job === undefined ? [] : [fenceOf(job)], false)
    expect(job).toMatchObject({ attempt: 2, run: 2 })
    expect(yield* sql`SELECT attempt, retries, redeliveries FROM jobs`).toEqual([
      { attempt: 2, retries: 1, redeliveries: 0 }
    ])
  }),

  "says of no end that it was written where the job was taken over first": Effect.gen(function* () {
    yield* live()
    const { takeOver } = yield* JobStore
    for (const settlement of [completed, retrying, dead, released, returned]) {
      yield* accept(jobOf(settlement._tag))
      const job = yield* startOne()
      yield* die("me")
      expect(yield* takeOver(lease, 5)).toEqual({ suspects: 1, untouched: 0, dead: 0 })
      expect([settlement._tag, yield* endAs(job, settlement)]).toEqual([settlement._tag, ["lost"]])
      yield* live()
    }
  }),

  "takes over from runners whose lease is over, and from those that are gone, and from no other": Effect.gen(
    function* () {
      const { beat, begin, claimSuspect, finish, takeOver } = yield* JobStore
      const sql = yield* SqlClient.SqlClient
      for (const id of ["lives", "over", "gone"]) {
        yield* live(id)
        yield* accept(...["begun", "claimed"].map((what) => jobOf(`${id}, ${what}`)))
        yield* sql`UPDATE jobs SET is_suspect = 1 WHERE id = ${`${id}, claimed`}`
        // Those of the next runner come later.
        yield* sql`UPDATE jobs SET due_at = due_at - 1000`
        yield* claimSuspect(requestOf({ runnerId: id }))
        yield* claimAll({ runnerId: id })
      }
      yield* die("over")
      yield* finish("gone")
      expect(yield* beat({ id: "over", leaseMs: lease, slots: 1 })).toBe(false)
      expect(yield* takeOver(lease, 5)).toEqual({ suspects: 2, untouched: 2, dead: 0 })
      expect(yield* takeOver(lease, 5)).toEqual({ suspects: 0, untouched: 0, dead: 0 })
      expect(yield* beat({ id: "lives", leaseMs: lease, slots: 1 })).toBe(true)
      // A life that is over is not begun again by a sign of life that was late.
      expect(yield* beat({ id: "over", leaseMs: lease, slots: 1 })).toBe(false)
      yield* begin({ id: "next", name: "next", slots: 1 })
      expect(idsOf(yield* claimAll({ runnerId: "next" }))).toEqual([])
      const next = Effect.map(claimSuspect(requestOf({ runnerId: "next" })), Option.getOrThrow)
      const suspects = yield* Effect.all([next, next, next, next])
      expect(suspects.map(({ deaths, id, isRedelivered }) => [id, deaths, isRedelivered])).toEqual([
        ["over, claimed", 0, false],
        ["gone, claimed", 0, false],
        ["over, begun", 1, true],
        ["gone, begun", 1, true]
      ])
    }
  ),

  "gives suspects out one by one, those that died least first, and each run is fenced": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { acquit, claimSuspect, start, takeOver } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"), jobOf("b"))
    yield* claimAll({ types: [{ type: "t", most: 2 }] })
    yield* die("me")
    yield* takeOver(lease, 5)
    yield* sql`UPDATE jobs SET deaths = 3 WHERE id = 'a'`
    yield* live()
    const b = Option.getOrThrow(yield* claimSuspect(requestOf()))
    expect(b).toMatchObject({ id: "b", deaths: 1, attempt: 1, isRedelivered: true, isStarted: false, run: 3 })
    expect(yield* start("me", [fenceOf(b)], true)).toEqual(["b"])
    yield* acquit("me", fenceOf(b))
    expect(yield* sql`SELECT alone, is_suspect, deaths FROM jobs WHERE id = 'b'`).toEqual([
      { alone: 0, is_suspect: 0, deaths: 1 }
    ])
    expect(idsOf(Option.toArray(yield* claimSuspect(requestOf())))).toEqual(["a"])
    expect(yield* claimSuspect(requestOf())).toEqual(Option.none())
    yield* endAs(b, retrying)
    expect(yield* sql`SELECT deaths, losses FROM jobs WHERE id = 'b'`).toEqual([{ deaths: 0, losses: 0 }])
  }),

  "buries what lost too many runners while it ran alone, and counts no other loss": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { claimSuspect, ending, start, takeOver, takeUncounted } = yield* JobStore
    yield* accept(jobOf("a"))
    yield* live()
    yield* startOne()
    yield* die("me")
    yield* takeOver(lease, 2)
    for (const losses of [1, 2]) {
      yield* live()
      const job = Option.getOrThrow(yield* claimSuspect(requestOf()))
      yield* start("me", [fenceOf(job)], true)
      yield* die("me")
      expect((yield* takeOver(lease, 2)).dead).toBe(losses === 2 ? 1 : 0)
    }
    expect(Option.getOrThrow(yield* ending("a"))).toMatchObject({ state: "dead", reason: "RunnerLost" })
    expect((yield* statusOf("a")).redeliveries).toBe(2)
    expect(yield* sql`SELECT reason FROM job_errors`).toEqual([{ reason: "RunnerLost" }])
    // Whoever buried it may not have heard so: it is written down to be counted once.
    yield* live("other")
    const [lost, ...more] = yield* takeUncounted("other")
    expect(lost).toMatchObject({ operation: "lose", type: "t", priority: "normal", attempts: 1, times: 1 })
    expect(lost?.ageMs).toBeGreaterThan(0)
    expect([...more, ...(yield* takeUncounted("other"))]).toEqual([])
  }),

  "takes a job for buried by whoever buried it, though it has been replayed since": Effect.gen(function* () {
    const { end, replay } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    const job = yield* startOne()
    const ends = [{ ...job, settlement: dead }]
    expect(yield* end("me", ends)).toEqual(["written"])
    yield* replay("a", outside)
    // The answer was lost, and it is asked for again.
    expect(yield* end("me", ends)).toEqual(["written"])
  }),

  "has taken what it took from the ledger, though the answer was lost and its life is over since": Effect.gen(
    function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      yield* live()
      yield* sql`INSERT INTO job_uncounted (operation, type, priority) VALUES ('submit', 't', 2)`
      const after = Effect.provideService(
        Effect.zipRight(die("me"), store.takeOver(lease, 5)),
        SqlClient.SqlClient,
        sql
      )
      const loss = { isOn: false, after }
      const { takeUncounted } = yield* make(losingCommits(sql, loss))
      loss.isOn = true
      expect(yield* takeUncounted("me")).toMatchObject([{ operation: "submit", times: 1 }])
      expect(yield* store.takeUncounted("me")).toEqual([])
    }
  ),

  "keeps a runner for an hour after its life, and no longer": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { beat, takeOver } = yield* JobStore
    const runners = Effect.map(sql<{ readonly id: string }>`SELECT id FROM job_runners`, (rows) => rows.length)
    yield* live()
    yield* die("me")
    yield* takeOver(lease, 5)
    expect([yield* beat({ id: "me", leaseMs: lease, slots: 1 }), yield* runners]).toEqual([false, 1])
    yield* sql`UPDATE job_runners SET heartbeat_at = heartbeat_at + 3600001`
    yield* live("other")
    yield* die("other")
    yield* takeOver(lease, 5)
    expect(yield* runners).toBe(1)
  }),

  "keeps how far a handler is": Effect.gen(function* () {
    const { progress } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    const job = yield* startOne()
    expect(yield* progress("me", fenceOf(job), 0.4, "half")).toBe(true)
    expect((yield* statusOf("a")).progress).toEqual({ ratio: 0.4, note: "half" })
    expect(yield* progress("me", { id: "a", run: 2 }, 0.5, undefined)).toBe(false)
    yield* endAs(job, completed)
    expect((yield* statusOf("a")).progress).toEqual({ ratio: 0.4, note: "half" })
    expect(yield* progress("me", fenceOf(job), 1, undefined)).toBe(false)
  }),

  "holds the law in the tables": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { cancel, replay } = yield* JobStore
    yield* live()
    yield* accept(...["a", "b", "c", "d"].map((id) => jobOf(id)))
    const [a, b] = yield* Effect.all([startOne(), startOne()])
    yield* endAs(a, completed)
    yield* endAs(b, dead)
    yield* replay("b", outside)
    yield* cancel("c", outside)
    const [sums] = yield* sql`
      SELECT sum(waits) AS held, sum(replays) AS replays FROM (
        SELECT 1 AS waits, replays FROM jobs UNION ALL SELECT 0, replays FROM jobs_done) all_jobs`
    expect(Object.values(sums ?? {}).map(Number)).toEqual([2, 1])
  })
}

onBoth("runners", promises)

onPostgres("runners_locked", {
  "goes past rows that another session has locked, and says which ends have to wait": Effect.gen(function* () {
    const { end, progress, start, takeOver } = yield* JobStore
    yield* live()
    yield* accept(...["a", "b", "c", "d", "e"].map((id) => jobOf(id)))
    const held = yield* claimAll({ most: 4, types: [{ type: "t", most: 4 }] })
    const ends = held.map((job) => ({ ...job, settlement: completed }))
    yield* whileOpen(
      (sql) => sql`SELECT id FROM jobs WHERE id IN ('a', 'c', 'e') FOR UPDATE`,
      Effect.gen(function* () {
        expect(yield* start("me", held, false)).toEqual(["b", "d"])
        expect(yield* progress("me", { id: "a", run: 1 }, 0.5, undefined)).toBe(true)
        expect(yield* end("me", ends)).toEqual(["locked", "written", "locked", "written"])
        expect(yield* claimAll()).toEqual([])
        yield* die("me")
        expect(yield* takeOver(lease, 5)).toEqual({ suspects: 0, untouched: 0, dead: 0 })
        yield* live()
      })
    )
    expect(idsOf(yield* claimAll())).toEqual(["e"])
    expect(yield* end("me", ends)).toEqual(["written", "written", "written", "written"])
  }),

  "tells an end that waits from one that was lost to a cancel which is not yet committed": Effect.gen(function* () {
    const { cancel, end } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    const job = yield* startOne()
    const ends = [{ ...job, settlement: completed }]
    const sql = yield* SqlClient.SqlClient
    yield* whileOpen(
      (second) => second`DELETE FROM jobs WHERE id = 'a'`,
      Effect.gen(function* () {
        expect(yield* end("me", ends)).toEqual(["locked"])
      })
    )
    expect(yield* end("me", ends)).toEqual(["lost"])
    expect(yield* cancel("a", outside)).toEqual(Option.none())
    expect(yield* sql`SELECT id FROM jobs_done`).toEqual([])
  }),

  "takes the jobs of no runner whose sign of life is on its way": Effect.gen(function* () {
    const { takeOver } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    yield* startOne()
    yield* die("me")
    yield* whileOpen(
      (sql) => sql`UPDATE job_runners SET heartbeat_at = extract(epoch FROM now()) * 1000 WHERE id = 'me'`,
      Effect.gen(function* () {
        expect(yield* takeOver(lease, 5)).toEqual({ suspects: 0, untouched: 0, dead: 0 })
      })
    )
    expect(yield* takeOver(lease, 5)).toEqual({ suspects: 0, untouched: 0, dead: 0 })
  }),

  "leaves a row of the ledger to one runner": Effect.gen(function* () {
    const { takeUncounted } = yield* JobStore
    const sql = yield* SqlClient.SqlClient
    yield* live()
    yield* sql`INSERT INTO job_uncounted (operation, type, priority) VALUES ('submit', 't', 2), ('submit', 'u', 2)`
    yield* whileOpen(
      (second) => second`DELETE FROM job_uncounted WHERE type = 't'`,
      Effect.gen(function* () {
        expect((yield* takeUncounted("me")).map(({ type }) => type)).toEqual(["u"])
      })
    )
    expect(yield* takeUncounted("me")).toEqual([])
  })
})
