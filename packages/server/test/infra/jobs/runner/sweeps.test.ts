/** What a runner finds in the tables by itself: work, what transactions did, types that are paused. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Job from "../../../../src/infra/jobs/definition/job.ts"
import { follow } from "../../../../src/infra/jobs/runner/listen.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { Memory, pass, status, submit, Tables, world } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const PlainLive = Plain.toLayer(() => Effect.void)

const given = {
  type: "plain",
  partition: 1,
  priority: "normal",
  payload: "",
  isLimited: false
} as const

it.effect("finds a job that nobody told of with the next poll, and a later one at its time", () =>
  Effect.gen(function* () {
    const { tables } = yield* Tables
    yield* pass(100, 100)
    const later = { ...given, id: "later", delayMs: 1310 }
    yield* tables.insert([{ ...given, id: "now" }, later], { isInTransaction: false, hint: false })
    yield* pass(800, 100)
    expect((yield* status("now")).state).toBe("ready")
    yield* pass(200, 100)
    expect((yield* status("now")).state).toBe("completed")
    yield* pass(300, 100)
    expect((yield* status("later")).state).toBe("scheduled")
    yield* pass(20, 10)
    expect((yield* status("later")).state).toBe("completed")
  }).pipe(Effect.provide(world(PlainLive)))
)

it.effect("counts once what transactions of callers did", () =>
  Effect.gen(function* () {
    const { memory, tables } = yield* Tables
    const inTransaction = { isInTransaction: true, hint: true }
    const key = { dedupeKey: "k", delayMs: 3_600_000 }
    yield* tables.insert([{ ...given, ...key, id: "a" }], inTransaction)
    yield* tables.insert([{ ...given, ...key, id: "b" }], inTransaction)
    Object.assign(memory.rows.get("a") ?? {}, { attempt: 2 })
    yield* tables.cancel("a", inTransaction)
    yield* tables.insert([{ ...given, id: "c", delayMs: 3_600_000 }], inTransaction)
    Object.assign(memory.rows.get("c") ?? {}, { state: "dead" })
    yield* tables.replay("c", inTransaction)
    yield* pass(3000)
    const now = yield* Testing.snapshot
    const of = (operation: string) => `{job_type="plain",operation="${operation}",priority="normal"}`
    expect({
      enqueued: now[`jobs_enqueued_total${of("submit")}`],
      duplicates: now[`jobs_duplicates_total${of("submit")}`],
      cancelled: now[`jobs_cancelled_total${of("cancel")}`],
      replayed: now[`jobs_replayed_total${of("replay")}`]
    }).toEqual({ enqueued: 2, duplicates: 1, cancelled: 1, replayed: 1 })
    expect(now[`jobs_attempts${of("process")}`]).toMatchObject({ sum: 3 })
  }).pipe(Effect.provide(world(PlainLive)))
)

it.effect("begins nothing of a type that is paused, and gives back what it held of it", () => {
  const Slow = Job.make({
    type: "slow",
    payload: Schema.Number,
    success: Schema.Void,
    error: Schema.Never,
    concurrency: 2
  })
  let begun = 0
  const handler = Slow.toLayer(() =>
    Effect.suspend(() => {
      begun += 1
      return Effect.sleep("500 millis")
    })
  )
  return Effect.gen(function* () {
    const { memory, tables } = yield* Tables
    for (let n = 0; n < 20; n += 1) {
      yield* submit(Slow, n)
    }
    yield* pass(1000, 100)
    yield* tables.setPaused("slow", true)
    yield* pass(2500, 100)
    const before = begun
    expect(before).toBeGreaterThan(3)
    expect(memory.all.filter(({ state }) => state === "held")).toEqual([])
    yield* pass(5000, 500)
    expect(begun).toBe(before)
    yield* tables.setPaused("slow", false)
    yield* pass(10_000, 500)
    expect([begun, memory.totals.completions]).toEqual([20, 20])
  }).pipe(Effect.provide(world(handler)))
})

it.effect("keeps the limits of a type across the cluster, and takes more as they allow it", () => {
  const limits = { concurrency: 2 }
  let running = 0
  let most = 0
  const Narrow = Job.make({ type: "narrow", payload: Schema.Number, success: Schema.Void, error: Schema.Never })
  const claims: Array<number> = []
  const limited = world(
    Narrow.toLayer(() =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          running += 1
          most = Math.max(most, running)
        }),
        () => Effect.sleep("300 millis"),
        () => Effect.sync(() => (running -= 1))
      )
    ),
    {
      limits: { narrow: limits },
      changed: ({ claimLimited }) => ({
        claimLimited: (request, asked) => {
          claims.push(asked.concurrency ?? 0)
          return claimLimited(request, asked)
        }
      })
    }
  )
  return Effect.gen(function* () {
    for (let n = 0; n < 6; n += 1) {
      yield* submit(Narrow, n, { isLimited: true })
    }
    yield* pass(1500, 100)
    expect([most, (yield* Tables).memory.totals.completions]).toEqual([2, 6])
    expect(new Set(claims)).toEqual(new Set([2]))
  }).pipe(Effect.provide(limited))
})

it.effect("listens again after a listener has failed, and looks a second after it has begun to listen", () => {
  let times = 0
  const told: Array<string> = []
  const hints = Stream.suspend(() => {
    times += 1
    return times === 1
      ? Stream.concat(Stream.make("1"), Stream.die("no"))
      : Stream.concat(Stream.make("2"), Stream.never)
  })
  return Effect.gen(function* () {
    yield* Effect.fork(follow(hints, (hint) => void told.push(hint)))
    yield* pass(2000, 500)
    expect(told).toEqual(["1", "2", "look"])
    yield* pass(31_000, 1000)
    expect(told).toEqual(["1", "2", "look", "2", "look"])
  })
})

it.effect("sees that a type goes on again though what is to be counted is locked", () => {
  const unlocked = Effect.unsafeMakeLatch(false)
  const memory = new Memory()
  const Resumed = Job.make({ type: "resumed", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
  const locked = world(
    Resumed.toLayer(() => Effect.void),
    { memory, changed: () => ({ takeUncounted: () => Effect.as(unlocked.await, []) }) }
  )
  memory.paused.add("resumed")
  return Effect.gen(function* () {
    yield* pass(2000)
    const id = yield* submit(Resumed, undefined)
    yield* pass(2000)
    expect((yield* status(id)).state).toBe("ready")
    memory.paused.delete("resumed")
    yield* pass(2000)
    expect((yield* status(id)).state).toBe("completed")
  }).pipe(Effect.ensuring(unlocked.open), Effect.provide(locked))
})
