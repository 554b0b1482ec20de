/** How runs end in the tables: in groups, that are split where one is refused, and around rows that are locked. */
import { SqlError } from "@effect/sql/SqlError"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Job from "../../../../src/infra/jobs/definition/job.ts"
import type { End } from "../../../../src/infra/jobs/store/operations.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { breathe, cancel, pass, status, submit, Tables, world } from "./world.ts"

const Echo = Job.make({
  type: "echo",
  payload: Schema.String,
  success: Schema.String,
  error: Schema.Never,
  concurrency: 64,
  timeout: "1 hour"
})
const EchoLive = Echo.toLayer((text) => Effect.succeed(text))

const refusal = new SqlError({ cause: { code: "22P05" }, message: "unsupported Unicode escape sequence" })
const lostConnection = new SqlError({ cause: new Error("reset"), message: "lost" })

it.effect(
  "writes the ends of many runs in one statement, and leaves alone those that another session has locked",
  () => {
    const groups: Array<number> = []
    const open = Effect.unsafeMakeLatch(false)
    const Gated = Job.make({
      type: "gated",
      payload: Schema.Number,
      success: Schema.Void,
      error: Schema.Never,
      concurrency: 64
    })
    const counted = world(
      Gated.toLayer(() => open.await),
      {
        changed: ({ end }) => ({
          end: (runnerId, ends) => {
            groups.push(ends.length)
            return end(runnerId, ends)
          }
        })
      }
    )
    return Effect.gen(function* () {
      const { memory } = yield* Tables
      const ids: Array<string> = []
      for (let n = 0; n < 40; n += 1) {
        ids.push(yield* submit(Gated, n))
      }
      const row = memory.rows.get(ids[7] ?? "")
      Object.assign(row ?? {}, { isLocked: true })
      yield* open.open
      yield* breathe
      expect(groups[0]).toBe(40)
      expect(memory.totals.completions).toBe(39)
      yield* pass(200, 50)
      expect(groups.slice(1).every((size) => size === 1)).toBe(true)
      const labels = 'job_type="gated",operation="process",priority="normal"'
      expect((yield* Testing.snapshot)[`jobs_completed_total{${labels}}`]).toBe(39)
      Object.assign(row ?? {}, { isLocked: false })
      yield* pass(100, 50)
      expect((yield* Testing.snapshot)[`jobs_completed_total{${labels}}`]).toBe(40)
    }).pipe(Effect.provide(counted))
  }
)

it.effect("makes a dead letter of the one job whose end is refused, and completes the others of its group", () => {
  const refuses = (ends: ReadonlyArray<End>): boolean =>
    ends.some(({ settlement }) => settlement._tag === "Completed" && settlement.result === '"bad"')
  const picky = world(EchoLive, {
    changed: ({ end }) => ({
      end: (runnerId, ends) => (refuses(ends) ? Effect.fail(refusal) : end(runnerId, ends))
    })
  })
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    for (let n = 0; n < 12; n += 1) {
      yield* submit(Echo, `good ${n}`, { delayMs: 1000 })
    }
    const bad = yield* submit(Echo, "bad", { delayMs: 1000 })
    yield* pass(2000)
    expect(memory.totals).toMatchObject({ completions: 12, deadLettered: 1, failures: 1, redelivered: 0 })
    expect(yield* status(bad)).toMatchObject({ state: "dead", reason: "Unwritable" })
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="echo",reason="Unwritable"}']).toBe(1)
    expect(now['jobs_dead_lettered_total{job_type="echo",reason="Unwritable"}']).toBe(1)
    expect(now['jobs_completed_total{job_type="echo",operation="process",priority="normal"}']).toBe(12)
  }).pipe(Effect.provide(picky))
})

it.effect("gives back a job that can't even be made a dead letter", () => {
  let tries = 0
  const refusing = world(EchoLive, {
    changed: ({ end }) => ({
      end: (runnerId, ends) =>
        tries < 2 && ends.some(({ settlement }) => settlement._tag !== "Released")
          ? Effect.suspend(() => {
              tries += 1
              return Effect.fail(refusal)
            })
          : end(runnerId, ends)
    })
  })
  return Effect.gen(function* () {
    const id = yield* submit(Echo, "late")
    yield* pass(2000)
    expect(yield* status(id)).toMatchObject({ state: "completed", redeliveries: 1 })
  }).pipe(Effect.provide(refusing))
})

it.effect("writes and counts the end once the database is reached again", () => {
  let isDown = true
  const flaky = world(EchoLive, {
    changed: ({ end }) => ({
      end: (runnerId, ends) => Effect.suspend(() => (isDown ? Effect.fail(lostConnection) : end(runnerId, ends)))
    })
  })
  return Effect.gen(function* () {
    const id = yield* submit(Echo, "late")
    yield* pass(4000)
    const labels = 'job_type="echo",operation="process",priority="normal"'
    expect((yield* status(id)).state).toBe("running")
    const before = yield* Testing.snapshot
    expect([before[`jobs_completed_total{${labels}}`], before[`jobs_in_flight{${labels}}`]]).toEqual([0, 0])
    isDown = false
    yield* pass(3000)
    expect((yield* status(id)).state).toBe("completed")
    const now = yield* Testing.snapshot
    // Timed to the end of the handler, not to the end of the wait.
    expect(now[`jobs_processing_seconds{${labels}}`]).toMatchObject({ count: 1, sum: 0 })
    expect(now[`jobs_completed_total{${labels}}`]).toBe(1)
  }).pipe(Effect.provide(flaky))
})

it.effect("counts nothing of a run whose job was cancelled before its end was written", () => {
  const answered = Effect.unsafeMakeLatch(false)
  const slow = world(EchoLive, {
    changed: ({ end }) => ({ end: (runnerId, ends) => Effect.zipRight(answered.await, end(runnerId, ends)) })
  })
  return Effect.gen(function* () {
    const id = yield* submit(Echo, "late")
    yield* cancel(id)
    yield* answered.open
    yield* breathe
    expect((yield* status(id)).state).toBe("cancelled")
    const now = yield* Testing.snapshot
    expect(now['jobs_completed_total{job_type="echo",operation="process",priority="normal"}']).toBe(0)
    expect(
      now['jobs_processing_seconds{job_type="echo",operation="process",outcome="interrupted",priority="normal"}']
    ).toMatchObject({ count: 1 })
  }).pipe(Effect.provide(slow))
})

it.effect("refuses a result that is longer than the limit, and keeps no longer error", () => {
  const Big = Job.make({
    type: "big",
    payload: Schema.Number,
    success: Schema.String,
    error: Schema.String,
    maxAttempts: 1
  })
  const handler = Big.toLayer((length) =>
    length > 0 ? Effect.succeed("x".repeat(length)) : Effect.fail("y".repeat(100))
  )
  return Effect.gen(function* () {
    const { tables } = yield* Tables
    const endOf = (length: number) =>
      Effect.flatMap(submit(Big, length), (id) => Effect.flatten(Effect.orDie(tables.ending(id))))
    expect(yield* endOf(8)).toMatchObject({ state: "completed", result: `"${"x".repeat(8)}"` })
    expect(yield* endOf(9)).toMatchObject({
      state: "dead",
      reason: "Validation",
      message: "The result has 11 characters; the limit is 10"
    })
    expect(yield* endOf(0)).toMatchObject({ state: "dead", reason: "String", error: undefined })
    const long = yield* submit(Big, 1, { payload: "1".repeat(11) })
    expect(yield* status(long)).toMatchObject({ state: "dead", reason: "Validation" })
    expect((yield* Testing.snapshot)['jobs_failed_total{job_type="big",reason="Validation"}']).toBe(2)
  }).pipe(Effect.provide(world(handler, { maxPayloadLength: 10 })))
})

it.effect("keeps a failure's name as the metrics say it, whatever is in it", () => {
  const Odd = Job.make({
    type: "named",
    payload: Schema.Void,
    success: Schema.Void,
    error: Schema.Struct({ reason: Schema.String }),
    maxAttempts: 1
  })
  return Effect.gen(function* () {
    const id = yield* submit(Odd, undefined)
    const { errors, reason } = yield* status(id)
    const name = `ab${"x".repeat(118)}...`
    expect([reason, errors.map((error) => error.reason)]).toEqual([name, [name]])
    expect((yield* Testing.snapshot)[`jobs_dead_lettered_total{job_type="named",reason="${name}"}`]).toBe(1)
  }).pipe(Effect.provide(world(Odd.toLayer(() => Effect.fail({ reason: `a\u0000b${"x".repeat(5000)}` })))))
})
