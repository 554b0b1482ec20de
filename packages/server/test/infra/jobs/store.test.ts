/** The tables by themselves, on both databases: order, fences, pages, and what a lost connection leaves behind. */
import { describe, expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { JobStore, type Priority } from "../../../src/infra/jobs.ts"
import { firstAt } from "../../../src/infra/jobs/id.ts"
import { certain, isRefused } from "../../../src/infra/jobs/store/certain.ts"
import { Postgres } from "../../support/postgres.ts"
import { breathe, totals, sqlite } from "./world.ts"

const accept = (id: string, priority: Priority = "normal", dedupeKey?: string) =>
  Effect.flatMap(JobStore, ({ insert }) => insert({ id, jobType: "t", lane: 0, priority, payload: "1", dedupeKey }))

const claimOne = Effect.flatMap(JobStore, ({ claim }) =>
  Effect.map(claim({ lane: 0, jobType: "t", limit: 1, holder: "me" }), ({ jobs }) => jobs[0])
)

const claimed = Effect.filterOrDieMessage(claimOne, (job) => job !== undefined, "nothing to claim")

const failure = { reason: "r", message: "m" }

/** Lets every write of jobs fail as a lost connection does, or no longer. */
const breakWrites = (sql: SqlClient.SqlClient, isBroken: boolean) =>
  sql.onDialectOrElse({
    pg: () => (isBroken ? sql`ALTER TABLE jobs RENAME TO away` : sql`ALTER TABLE away RENAME TO jobs`),
    orElse: () => (isBroken ? sql`PRAGMA query_only = ON` : sql`PRAGMA query_only = OFF`)
  })

const promises: Record<string, Effect.Effect<void, unknown, JobStore | SqlClient.SqlClient>> = {
  "lets the least urgent wait five minutes longer at most, however much that is more urgent keeps coming": Effect.gen(
    function* () {
      for (const priority of ["low", "normal", "high", "critical"] as const) {
        yield* accept(priority, priority)
      }
      const order: Array<string | undefined> = []
      // One comes and one is taken each half minute, so that the queue never empties.
      for (let turn = 0; turn < 15; turn += 1) {
        yield* TestClock.setTime(turn * 30_000)
        yield* accept(`critical ${turn}`, "critical")
        order.push((yield* claimOne)?.id)
      }
      expect(order).toEqual([
        "critical",
        "critical 0",
        "high",
        "critical 1",
        "critical 2",
        "normal",
        ...[3, 4, 5, 6, 7, 8, 9, 10].map((turn) => `critical ${turn}`),
        "low"
      ])
    }
  ),

  "lets a run that was taken over finish nothing, and counts no attempt for the redelivery": Effect.gen(function* () {
    const { settle, status, takeOverLane } = yield* JobStore
    yield* accept("a")
    const lost = yield* claimed
    expect(yield* takeOverLane(0)).toBe(1)
    const next = yield* claimed
    expect(next).toMatchObject({ id: "a", attempt: 1, run: 2, isRedelivered: true, losses: 1 })
    expect(yield* settle(lost, { _tag: "Completed", result: "1" })).toBe(false)
    expect(yield* settle(lost, { _tag: "Dead", failure })).toBe(false)
    expect(yield* settle(lost, { _tag: "Released" })).toBe(false)
    expect(yield* settle(next, { _tag: "Completed", result: "2" })).toBe(true)
    expect(yield* settle(next, { _tag: "Completed", result: "2" })).toBe(false)
    expect(Option.getOrThrow(yield* status("a"))).toMatchObject({ state: "completed", redeliveries: 1, errors: [] })
  }),

  "gives each job to one claim, with many at the same time": Effect.gen(function* () {
    const { claim } = yield* JobStore
    yield* Effect.forEach(
      Array.from({ length: 30 }, (_, n) => `job ${n}`),
      (id) => accept(id)
    )
    const claims = yield* Effect.all(
      Array.from({ length: 10 }, () => claim({ lane: 0, jobType: "t", limit: 3, holder: "me" })),
      { concurrency: 10 }
    )
    const more = yield* claim({ lane: 0, jobType: "t", limit: 30, holder: "me" })
    const ids = [...claims, more].flatMap(({ jobs }) => jobs.map(({ id }) => id))
    expect([ids.length, new Set(ids).size]).toEqual([30, 30])
  }),

  "gives the place of the next job with a claim": Effect.gen(function* () {
    const { claim } = yield* JobStore
    const claims = { lane: 0, jobType: "t", limit: 2, holder: "me" }
    yield* accept("a", "critical")
    yield* accept("b", "low")
    yield* accept("c", "high")
    const first = yield* claim(claims)
    expect([first.jobs.map(({ id }) => id), first.nextRank]).toEqual([["a", "c"], 300_000])
    const second = yield* claim(claims)
    expect([second.jobs.map(({ id }) => id), second.nextRank]).toEqual([["b"], undefined])
    expect(yield* claim(claims)).toEqual({ jobs: [], nextRank: undefined })
  }),

  "makes ready what is due, and knows when the next is": Effect.gen(function* () {
    const { claim, depth, insert, nextDue, oldestWaiting, promote, settle } = yield* JobStore
    const later = { jobType: "t", lane: 0, priority: "critical", payload: "1" } as const
    yield* insert({ ...later, id: "a", deliverAt: 1000 })
    yield* insert({ ...later, id: "b", deliverAt: 3000 })
    yield* accept("c", "critical")
    yield* settle(yield* claimed, { _tag: "Retrying", failure, dueAt: 2000 })
    expect(yield* nextDue([0])).toEqual([{ lane: 0, dueAt: 1000 }])
    yield* TestClock.setTime(2500)
    const counts = Effect.map(depth, (all) => all.map(({ jobs, state }) => `${state} ${jobs}`).sort())
    expect(yield* counts).toEqual(["ready 2", "scheduled 1"])
    expect(yield* oldestWaiting).toEqual([{ jobType: "t", since: 1000 }])
    const promoted = yield* promote(0)
    expect(promoted.nextDueAt).toBe(3000)
    expect(promoted.heads.map(({ rank }) => rank).sort()).toEqual([1000, 2000])
    expect(
      (yield* claim({ lane: 0, jobType: "t", limit: 9, holder: "me" })).jobs.map(({ attempt, id }) => [id, attempt])
    ).toEqual([
      ["a", 1],
      ["c", 2]
    ])
    expect(yield* counts).toEqual(["running 2", "scheduled 1"])
  }),

  "keeps one live job a key, whatever became of those before": Effect.gen(function* () {
    const { cancel, findLive } = yield* JobStore
    expect(Option.isSome(yield* accept("a", "normal", "k"))).toBe(true)
    expect(Option.isSome(yield* accept("b", "normal", "k"))).toBe(false)
    expect(yield* findLive("t", "k")).toEqual(Option.some("a"))
    expect(yield* cancel("a")).toEqual(Option.some(0))
    expect(yield* cancel("a")).toEqual(Option.none())
    expect(Option.isSome(yield* accept("c", "normal", "k"))).toBe(true)
    expect(yield* findLive("t", "k")).toEqual(Option.some("c"))
  }),

  "puts a replayed job where its priority belongs": Effect.gen(function* () {
    const { replay, settle } = yield* JobStore
    yield* accept("low", "low")
    yield* settle(yield* claimed, { _tag: "Dead", failure })
    yield* accept("high", "high")
    yield* TestClock.setTime(1000)
    yield* replay("low")
    expect([yield* claimed, yield* claimed].map(({ id, rank }) => [id, rank])).toEqual([
      ["high", 10_000],
      ["low", 301_000]
    ])
  }),

  "says of no end that it was written where the job was taken over first": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { settle, takeOverLane } = yield* JobStore
    for (const settlement of [{ _tag: "Retrying", failure, dueAt: 0 }, { _tag: "Released" }] as const) {
      yield* accept(settlement._tag)
      const lost = yield* claimed
      yield* breakWrites(sql, true)
      // No jitter: the test's clock would stop between two milliseconds, and PostgreSQL takes whole ones.
      const before = Chunk.size(yield* TestClock.sleeps())
      const settling = yield* Effect.fork(Effect.withRandomFixed(settle(lost, settlement), [0.5]))
      // It has failed once, and sleeps before it tries again.
      yield* Effect.repeat(Effect.zipRight(breathe, TestClock.sleeps()), {
        until: (sleeps) => Chunk.size(sleeps) > before
      })
      yield* breakWrites(sql, false)
      yield* takeOverLane(0)
      yield* Effect.repeat(Effect.zipRight(TestClock.adjust("1 second"), breathe), {
        until: () => settling.unsafePoll() !== null
      })
      expect([settlement._tag, yield* Fiber.join(settling)]).toEqual([settlement._tag, false])
      yield* claimed
    }
  }),

  "purges what is finished and old, with its errors, and nothing that is young, alive or dead": Effect.gen(
    function* () {
      const { cancel, insert, purgeFinished, settle } = yield* JobStore
      const day = 86_400_000
      const states = ["completed", "cancelled", "dead", "alive"] as const
      for (const [at, age] of [
        [0, "old"],
        [10 * day, "young"]
      ] as const) {
        yield* TestClock.setTime(at)
        for (const state of states) {
          const id = `${firstAt(at)} ${age} ${state}`
          yield* insert({ id, jobType: state, lane: 0, priority: "normal", payload: "1" })
          if (state === "cancelled") {
            yield* cancel(id)
          }
          if (state === "alive" || state === "cancelled") {
            continue
          }
          const claimAt = Effect.flatMap(JobStore, ({ claim }) =>
            claim({ lane: 0, jobType: state, limit: 1, holder: "me" })
          )
          const [job] = (yield* claimAt).jobs
          if (job === undefined) {
            return yield* Effect.dieMessage("nothing to claim")
          }
          yield* settle(job, state === "dead" ? { _tag: "Dead", failure } : { _tag: "Completed", result: "1" })
        }
      }
      expect(yield* purgeFinished({ before: 5 * day, jobType: "completed" })).toBe(1)
      expect(yield* purgeFinished({ before: 5 * day })).toBe(1)
      expect(yield* purgeFinished({ before: 5 * day })).toBe(0)
      expect(yield* totals).toMatchObject({ enqueued: 6, completions: 1, cancellations: 1, deadLettered: 2, held: 2 })
    }
  ),

  "pages through the dead letters, replays and purges them": Effect.gen(function* () {
    const { ending, listDead, oldestDead, purge, replay, settle } = yield* JobStore
    for (const [at, id] of [
      [10, "a"],
      [10, "b"],
      [20, "c"]
    ] as const) {
      yield* TestClock.setTime(at)
      yield* accept(id)
      yield* settle(yield* claimed, { _tag: "Dead", failure: { ...failure, encoded: "[1]" } })
    }
    const first = yield* listDead({ limit: 2 })
    expect(first.items.map(({ errors, id }) => [id, errors])).toEqual([
      ["a", [{ attempt: 1, failedAt: 10, ...failure }]],
      ["b", [{ attempt: 1, failedAt: 10, ...failure }]]
    ])
    expect((yield* listDead({ limit: 2, after: first.next })).items.map(({ id }) => id)).toEqual(["c"])
    expect(yield* oldestDead).toEqual([{ jobType: "t", since: 10 }])
    expect(Option.getOrThrow(yield* ending("a"))).toMatchObject({
      state: "dead",
      reason: "r",
      message: "m",
      error: "[1]"
    })
    expect(Option.isSome(yield* replay("a"))).toBe(true)
    expect(Option.isSome(yield* replay("a"))).toBe(false)
    expect(yield* purge({ before: 15 })).toBe(1)
    expect(yield* totals).toMatchObject({ enqueued: 2, replays: 1, deadLettered: 2, held: 1, failures: 2 })
  })
}

const storeOver = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  JobStore.layer.pipe(Layer.provideMerge(database), Layer.orDie)

describe("on SQLite", () => {
  for (const [title, promise] of Object.entries(promises)) {
    // oxlint-disable-next-line rooms/expects -- each of the promises above expects
    it.effect(title, () => Effect.provide(promise, storeOver(sqlite)))
  }
})

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  for (const [index, [title, promise]] of Object.entries(promises).entries()) {
    // The tests of one layer share a clock.
    // oxlint-disable-next-line rooms/expects -- each of the promises above expects
    it.effect(title, () =>
      Effect.provide(Effect.zipRight(TestClock.setTime(0), promise), storeOver(Postgres.client(`store_${index}`)))
    )
  }

  it.effect("gives up at once what the database will never take", () =>
    Effect.gen(function* () {
      const { settle } = yield* JobStore
      yield* accept("a")
      const error = yield* Effect.flip(settle(yield* claimed, { _tag: "Completed", result: "\u0000" }))
      expect(isRefused(error)).toBe(true)
    }).pipe(Effect.provide(storeOver(Postgres.client("refusing"))))
  )

  it.effect("creates its tables once, with three runners at the same time", () =>
    Effect.gen(function* () {
      const one = Effect.scoped(Layer.build(Layer.fresh(storeOver(Postgres.client("migrated")))))
      yield* Effect.fork(
        Effect.forever(
          Effect.zipRight(
            TestClock.adjust("100 millis"),
            Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
          )
        )
      )
      const built = yield* Effect.exit(Effect.all([one, one, one], { concurrency: 3, discard: true }))
      expect(built).toEqual(Exit.void)
    })
  )
})

it.effect("takes a write for done whose answer was lost, and not one that was another's", () =>
  Effect.gen(function* () {
    const lost = new SqlError({ cause: "connection", message: "lost" })
    let writes = 0
    // The first try commits and loses its answer; the second finds nothing left to do.
    const write = Effect.suspend(() => (++writes === 1 ? Effect.fail(lost) : Effect.succeedNone))
    const mine = yield* Effect.fork(certain(write, Effect.succeedSome("mine")))
    yield* TestClock.adjust("10 seconds")
    expect(yield* Fiber.join(mine)).toEqual(Option.some("mine"))
    expect(yield* certain(Effect.succeedNone, Effect.succeedSome("never asked"))).toEqual(Option.none())
  })
)
