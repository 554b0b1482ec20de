/** Limits across the cluster: how many of a type and of a key are held at once, and how many begin within a time. */
import { expect } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import {
  accept,
  completed,
  endAs,
  jobOf,
  live,
  onBoth,
  onPostgres,
  type Promises,
  requestOf,
  whileOpen
} from "./databases.ts"

const limited = (id: string, limitKey?: string) => jobOf(id, { isLimited: true, limitKey })

const request = requestOf({ types: [{ type: "t", most: 100 }] })

const claimWith = (limits: Parameters<typeof JobStore.Service.claimLimited>[1], most = 100) =>
  Effect.flatMap(JobStore, ({ claimLimited }) => claimLimited({ ...request, most }, limits))

const idsOf = ({ jobs }: { readonly jobs: ReadonlyArray<{ readonly id: string }> }) => jobs.map(({ id }) => id)

const promises: Promises = {
  "holds so many of a type, on whichever runner": Effect.gen(function* () {
    const { claimLimited } = yield* JobStore
    yield* live()
    yield* live("you")
    yield* accept(...["a", "b", "c", "d"].map((id) => limited(id)), jobOf("e", { type: "u" }))
    const mine = yield* claimWith({ concurrency: 2 })
    expect(mine.jobs.map(({ attempt, id, isStarted }) => [id, attempt, isStarted])).toEqual([
      ["a", 1, true],
      ["b", 1, true]
    ])
    expect(idsOf(yield* claimLimited({ ...request, runnerId: "you" }, { concurrency: 3 }))).toEqual(["c"])
    expect(idsOf(yield* claimWith({ concurrency: 3 }))).toEqual([])
    const [a] = mine.jobs
    yield* a === undefined ? Effect.void : endAs(a, completed)
    expect(idsOf(yield* claimWith({ concurrency: 3 }))).toEqual(["d"])
  }),

  "gives out suspects within the same limits": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { claimSuspect } = yield* JobStore
    yield* live()
    yield* accept(limited("a", "k"), limited("b", "k"), limited("c", "l"), limited("d"))
    const next = (limits: Parameters<typeof JobStore.Service.claimLimited>[1]) =>
      Effect.map(claimSuspect(request, limits), (found) => Option.getOrUndefined(Option.map(found, ({ id }) => id)))
    expect(idsOf(yield* claimWith({ concurrency: 1 }))).toEqual(["a"])
    yield* sql`UPDATE jobs SET is_suspect = 1, deaths = 1 WHERE state = 0`
    expect(yield* next({ concurrency: 1 })).toBe(undefined)
    expect(yield* next({ perKey: 1 })).toBe("c")
    expect(yield* next({ perKey: 1, concurrency: 2 })).toBe(undefined)
    const rate = { limit: 1, perMs: 3_600_000 }
    expect(yield* next({ perKey: 1, rate })).toBe("d")
    expect(yield* next({ rate })).toBe(undefined)
    expect(yield* next({})).toBe("b")
    expect(yield* sql`SELECT id FROM jobs WHERE is_limited = 0`).toEqual([])
  }),

  "never holds more, with many claims at the same time": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* live()
    yield* accept(...Array.from({ length: 20 }, (_, n) => limited(`${n}`)))
    yield* Effect.all(
      Array.from({ length: 10 }, () => claimWith({ concurrency: 3 })),
      { concurrency: 10 }
    )
    expect(yield* sql`SELECT id FROM jobs WHERE state = 1`).toHaveLength(3)
  }),

  "holds so many of a key, and reads past none that are full": Effect.gen(function* () {
    yield* live()
    yield* accept(limited("a1", "a"), limited("a2", "a"), limited("a3", "a"), limited("b1", "b"), limited("c1"))
    const limits = { perKey: 1 }
    const first = yield* claimWith(limits)
    expect(idsOf(first)).toEqual(["a1", "b1", "c1"])
    expect(idsOf(yield* claimWith(limits))).toEqual([])
    const [a1] = first.jobs
    yield* a1 === undefined ? Effect.void : endAs(a1, completed)
    expect(idsOf(yield* claimWith({ perKey: 2, concurrency: 3 }))).toEqual(["a2"])
    expect(idsOf(yield* claimWith({ perKey: 2 }))).toEqual(["a3"])
  }),

  "keeps the order of priorities within a key, and as many as are free of it": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* live()
    yield* accept(
      { ...limited("low", "a"), priority: "low" },
      { ...limited("high", "a"), priority: "high" },
      { ...limited("critical", "a"), priority: "critical" }
    )
    yield* sql`UPDATE jobs SET due_at = 1000`
    expect(idsOf(yield* claimWith({ perKey: 2 }))).toEqual(["critical", "high"])
  }),

  "takes what was submitted before there were limits, and counts it": Effect.gen(function* () {
    yield* live()
    yield* accept(jobOf("old"), limited("new", "a"))
    expect(idsOf(yield* claimWith({ perKey: 1, concurrency: 2 }))).toEqual(["old", "new"])
    yield* accept(limited("newer", "b"))
    expect(idsOf(yield* claimWith({ concurrency: 2 }))).toEqual([])
    expect(idsOf(yield* claimWith({ perKey: 1, concurrency: 2 }))).toEqual([])
  }),

  "visits more keys than one claim may, one claim after the other": Effect.gen(function* () {
    yield* live()
    const keys = Array.from({ length: 1500 }, (_, n) => String(n).padStart(4, "0"))
    yield* accept(...keys.map((key) => limited(`1 ${key}`, key)))
    expect((yield* claimWith({ perKey: 1 }, 2000)).jobs).toHaveLength(1000)
    // All that is visited first is full now.
    yield* accept(...keys.map((key) => limited(`2 ${key}`, key)))
    expect((yield* claimWith({ perKey: 1 }, 2000)).jobs).toHaveLength(500)
    expect((yield* claimWith({ perKey: 1 }, 2000)).jobs).toHaveLength(0)
    expect((yield* claimWith({ perKey: 1 }, 2000)).jobs).toHaveLength(0)
  }),

  "begins so many within a time, and says when the next may": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* live()
    yield* accept(...["a", "b", "c", "d", "e"].map((id) => limited(id)))
    const rate = { rate: { limit: 2, perMs: 60_000 } }
    const first = yield* claimWith(rate)
    expect(idsOf(first)).toEqual(["a", "b"])
    expect(first.againMs).toBeGreaterThan(29_000)
    expect(first.againMs).toBeLessThanOrEqual(30_000)
    const second = yield* claimWith(rate)
    expect([idsOf(second), (second.againMs ?? 0) > 25_000]).toEqual([[], true])
    yield* sql`UPDATE job_types SET tokens_at = tokens_at - 30000`
    expect(idsOf(yield* claimWith(rate))).toEqual(["c"])
    // However long nothing begins, no more than the limit is saved.
    yield* sql`UPDATE job_types SET tokens_at = tokens_at - 3000000`
    expect(idsOf(yield* claimWith(rate))).toEqual(["d", "e"])
  }),

  "claims nothing of a paused type, of other partitions, or for a life that is over": Effect.gen(function* () {
    const { claimLimited, finish, setPaused } = yield* JobStore
    yield* live()
    yield* accept(limited("a", "k"))
    for (const limits of [{ concurrency: 1 }, { perKey: 1 }]) {
      yield* setPaused("t", true)
      expect(idsOf(yield* claimWith(limits))).toEqual([])
      yield* setPaused("t", false)
      expect(idsOf(yield* claimLimited({ ...request, owned: [1] }, limits))).toEqual([])
      yield* finish("me")
      expect(idsOf(yield* claimWith(limits))).toEqual([])
      yield* live()
    }
    expect(idsOf(yield* claimLimited({ ...request, owned: [0] }, { perKey: 1 }))).toEqual(["a"])
  })
}

onBoth("limits", promises)

onPostgres("limits_locked", {
  "looks again soon where another session has the type": Effect.gen(function* () {
    yield* live()
    yield* accept(limited("a"))
    yield* claimWith({ concurrency: 0 })
    yield* whileOpen(
      (sql) => sql`SELECT type FROM job_types WHERE type = 't' FOR UPDATE`,
      Effect.gen(function* () {
        expect(yield* claimWith({ concurrency: 1 })).toEqual({ jobs: [], againMs: 20 })
      })
    )
    expect(idsOf(yield* claimWith({ concurrency: 1 }))).toEqual(["a"])
  })
})
