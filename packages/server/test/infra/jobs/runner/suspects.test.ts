/** Jobs whose runner died while they ran: suspects run again alone, and only what one does alone counts against it. */
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Job from "../../../../src/infra/jobs/definition/job.ts"
import { probationMs } from "../../../../src/infra/jobs/runner/suspects.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { breathe, Memory, pass, status, submit, Tables, world } from "./world.ts"

const Work = Job.make({
  type: "work",
  payload: Schema.Number,
  success: Schema.Void,
  error: Schema.Never,
  timeout: "1 day",
  concurrency: 8
})

const few = {
  payload: Schema.Number,
  success: Schema.Void,
  error: Schema.Never,
  timeout: "1 day",
  concurrency: 1
} as const

/** A job that a runner held that is gone, as the tables have it. */
const abandon = (memory: Memory, id: string, row: object = {}): void => {
  const held = { state: "held", heldBy: "gone", run: 1, attempt: 1, startedAt: 0 }
  Object.assign(memory.rows.get(id) ?? {}, held, row)
}

it.effect("runs suspects one at a time and alone, and then as any other", () => {
  const running = new Set<number>()
  const together: Array<ReadonlyArray<number>> = []
  const handler = Work.toLayer((n) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        running.add(n)
        together.push(Array.from(running))
      }),
      () => Effect.sleep("10 seconds"),
      () => Effect.sync(() => running.delete(n))
    )
  )
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const ids: Array<string> = []
    for (const n of [1, 2]) {
      const id = yield* submit(Work, n, { delayMs: 1 })
      abandon(memory, id)
      ids.push(id)
    }
    yield* pass(2500)
    // The first is alone for its probation of a second.
    expect([together, memory.all.map(({ isAlone }) => isAlone)]).toEqual([[[1]], [true, false]])
    const other = yield* submit(Work, 3)
    yield* pass(300)
    expect((yield* status(other)).state).toBe("ready")
    yield* pass(1000)
    // It has survived: others begin, and the second has its turn once what runs had as long as the probation took.
    expect(together.slice(1)).toEqual([[1, 3]])
    expect(memory.all.map(({ isAlone }) => isAlone)).toEqual([false, false, false])
    yield* pass(40_000, 500)
    expect(memory.totals).toMatchObject({ completions: 3, redelivered: 2, failures: 0 })
    const now = yield* Testing.snapshot
    expect(now['jobs_redelivered_total{job_type="work",operation="process",priority="normal"}']).toBe(2)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("waits for what runs for at most the probation, and is not alone beside it", () => {
  const handler = Work.toLayer((n) => (n === 1 ? Effect.never : Effect.sleep("1 minute")))
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    yield* submit(Work, 1)
    const suspect = yield* submit(Work, 2, { delayMs: 1 })
    abandon(memory, suspect, { deaths: 1 })
    yield* pass(2100)
    // Two deaths: two seconds.
    expect(memory.rows.get(suspect)).toMatchObject({ state: "held", startedAt: undefined })
    yield* pass(2500)
    expect(memory.rows.get(suspect)).toMatchObject({ state: "held", isAlone: false, deaths: 2 })
    expect((yield* status(suspect)).state).toBe("running")
  }).pipe(Effect.provide(world(handler)))
})

it.effect("blames nothing for a death that it did not see alone, and gives up what took down its runners alone", () =>
  Effect.gen(function* () {
    const { memory } = yield* Tables
    const beside = yield* submit(Work, 1, { delayMs: 1 })
    abandon(memory, beside, { deaths: 100 })
    const killer = yield* submit(Work, 2, { delayMs: 1, priority: "high" })
    abandon(memory, killer, { deaths: 3, losses: 2, isAlone: true, attempt: 2 })
    const untouched = yield* submit(Work, 3, { delayMs: 1 })
    abandon(memory, untouched, { startedAt: undefined, attempt: 0 })
    yield* pass(3000)
    expect(yield* status(killer)).toMatchObject({ state: "dead", reason: "RunnerLost", attempt: 2 })
    expect(yield* status(untouched)).toMatchObject({ state: "completed", redeliveries: 0, attempt: 1 })
    expect(yield* status(beside)).toMatchObject({ state: "completed", redeliveries: 1, attempt: 1 })
    const now = yield* Testing.snapshot
    const labels = 'job_type="work",operation="process",priority="high"'
    expect(now['jobs_dead_lettered_total{job_type="work",reason="RunnerLost"}']).toBe(1)
    expect(now['jobs_failed_total{job_type="work",reason="RunnerLost"}']).toBe(1)
    expect(now[`jobs_attempts{${labels}}`]).toMatchObject({ count: 1, sum: 2 })
    expect(now[`jobs_duration_seconds{${labels}}`]).toMatchObject({ count: 1 })
  }).pipe(
    Effect.provide(
      world(
        Work.toLayer(() => Effect.void),
        { maxLosses: 3 }
      )
    )
  )
)

it.effect("gives a suspect back where its runner stops before it begins", () =>
  Effect.gen(function* () {
    const memory = new Memory()
    yield* Effect.gen(function* () {
      yield* submit(Work, 1)
      const suspect = yield* submit(Work, 2, { delayMs: 1 })
      abandon(memory, suspect, { deaths: 3 })
      yield* pass(2500)
      expect((yield* status(suspect)).heldBy).not.toBe("gone")
    }).pipe(
      Effect.provide(
        world(
          Work.toLayer(() => Effect.never),
          { memory }
        )
      )
    )
    yield* breathe
    expect(memory.all.map(({ heldBy, state }) => [state, heldBy])).toEqual([
      ["waiting", undefined],
      ["waiting", undefined]
    ])
  })
)

it("is on probation for a second after the first death, and never for more than a minute", () => {
  expect([0, 1, 2, 4, 7, 1000].map(probationMs)).toEqual([1000, 1000, 2000, 8000, 60_000, 60_000])
})

it.effect("is not begun while a claim is under way, whose jobs would be marked as started and wait", () => {
  const began: Array<number> = []
  const handler = Work.toLayer((n) =>
    Effect.zipRight(
      Effect.sync(() => began.push(n)),
      Effect.sleep("200 millis")
    )
  )
  let isSlow = true
  const slow = world(handler, {
    changed: ({ claim }) => ({
      claim: (request) => Effect.suspend(() => (isSlow ? Effect.delay(claim(request), "500 millis") : claim(request)))
    })
  })
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const suspect = yield* submit(Work, 1, { delayMs: 1 })
    abandon(memory, suspect)
    // It is found by a sweep, after two seconds.
    yield* pass(1800, 100)
    yield* submit(Work, 2)
    yield* pass(2200, 50)
    isSlow = false
    yield* pass(500, 50)
    expect(began).toEqual([2, 1])
    expect(memory.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 0])
  }).pipe(Effect.provide(slow))
})

it.effect("has what is buffered given back when it begins beside what does not end", () => {
  const Other = Job.make({ type: "other", payload: Schema.Number, success: Schema.Void, error: Schema.Never })
  const Few = Job.make({ ...few, type: "few" })
  const handlers = Layer.mergeAll(
    Few.toLayer((n) => (n === 0 ? Effect.void : Effect.never)),
    Other.toLayer(() => Effect.sleep("1 minute"))
  )
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    yield* submit(Few, 0)
    const suspect = yield* submit(Other, 1, { delayMs: 1 })
    abandon(memory, suspect, { deaths: 3 })
    for (const n of [1, 2, 3, 4]) {
      yield* submit(Few, n)
    }
    expect(memory.all.slice(2).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1])
    yield* pass(15_000)
    expect((yield* status(suspect)).state).toBe("running")
    expect(memory.all.slice(2).map(({ attempt, redeliver, state }) => [state, attempt, redeliver])).toEqual([
      ["held", 1, false],
      ["waiting", 0, false],
      ["waiting", 0, false],
      ["waiting", 0, false]
    ])
  }).pipe(Effect.provide(world(handlers, { pollInterval: Duration.hours(1) })))
})
