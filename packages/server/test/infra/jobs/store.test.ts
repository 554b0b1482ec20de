/** The tables by themselves: order, fences, what a lost connection leaves behind. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { JobStore, type Priority } from "../../../src/infra/jobs.ts"
import { certain } from "../../../src/infra/jobs/store/certain.ts"
import { sqlite } from "./world.ts"

const store = JobStore.layer.pipe(Layer.provideMerge(sqlite), Layer.orDie)

const accept = (id: string, priority: Priority = "normal") =>
  Effect.flatMap(JobStore, ({ insert }) => insert({ id, jobType: "t", lane: 0, priority, payload: "1" }))

const claimOne = Effect.flatMap(JobStore, ({ claim }) =>
  Effect.map(claim({ lane: 0, jobType: "t", limit: 1, holder: "me" }), ({ jobs }) => jobs[0])
)

it.effect("lets the least urgent wait five minutes longer at most, however much that is more urgent keeps coming", () =>
  Effect.gen(function* () {
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
  }).pipe(Effect.provide(store))
)

it.effect("lets a run that was taken over finish nothing, and counts no attempt for the redelivery", () =>
  Effect.gen(function* () {
    const { settle, status, takeOverLane } = yield* JobStore
    yield* accept("a")
    const lost = yield* claimOne
    expect(yield* takeOverLane(0)).toBe(1)
    const next = yield* claimOne
    expect(next).toMatchObject({ id: "a", attempt: 1, run: 2, isRedelivered: true, losses: 1 })
    if (lost === undefined || next === undefined) return yield* Effect.dieMessage("not claimed")
    expect(yield* settle(lost, { _tag: "Completed", result: "1" })).toBe(false)
    expect(yield* settle(lost, { _tag: "Dead", failure: { reason: "r", message: "" } })).toBe(false)
    expect(yield* settle(next, { _tag: "Completed", result: "2" })).toBe(true)
    expect(yield* settle(next, { _tag: "Completed", result: "2" })).toBe(false)
    expect(Option.getOrThrow(yield* status("a"))).toMatchObject({ state: "completed", redeliveries: 1, errors: [] })
  }).pipe(Effect.provide(store))
)

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

it.effect("does its work through indexes", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const plan = (query: string) =>
      Effect.map(sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${query}`), (rows) =>
        rows.map(({ detail }) => detail).join("\n")
      )
    expect(
      yield* plan("SELECT id FROM jobs WHERE state = 'ready' AND lane = 1 AND job_type = 'a' ORDER BY rank, id LIMIT 3")
    ).toBe("SEARCH jobs USING COVERING INDEX jobs_ready (lane=? AND job_type=?)")
  }).pipe(Effect.provide(store))
)
