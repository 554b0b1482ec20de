/** The lives of a runner: what it holds is its own as long as its heartbeat lasts, and given back when it stops. */
import { SqlError } from "@effect/sql/SqlError"
import { expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { JobHandlers } from "../../../../src/infra/jobs/definition/handlers.ts"
import * as Job from "../../../../src/infra/jobs/definition/job.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { breathe, Memory, pass, Runner, separate, status, submit, Tables, world } from "./world.ts"

const Long = Job.make({
  type: "long",
  payload: Schema.String,
  success: Schema.Void,
  error: Schema.Never,
  timeout: "1 day",
  concurrency: 2
})

const labels = 'job_type="long",operation="process",priority="normal"'

it.effect("gives back what runs and what waits when it stops, and leaves no row of itself", () => {
  const memory = new Memory()
  const story: Array<string> = []
  const handler = Long.toLayer((name) =>
    Effect.onInterrupt(Effect.never, () => Effect.sync(() => void story.push(`${name} stops`)))
  )
  return Effect.gen(function* () {
    const { context, stop } = yield* separate(world(handler, { memory }))
    const ids = yield* Effect.forEach(["a", "b", "c"], (name) => submit(Long, name)).pipe(Effect.provide(context))
    yield* stop
    expect(story.sort()).toEqual(["a stops", "b stops"])
    const rows = ids.map((id) => memory.rows.get(id))
    expect(rows.map((row) => [row?.state, row?.heldBy, row?.attempt, row?.redeliver])).toEqual([
      ["waiting", undefined, 1, true],
      ["waiting", undefined, 1, true],
      ["waiting", undefined, 0, false]
    ])
    expect(memory.runners.size).toBe(0)
    const now = yield* Effect.provide(Testing.snapshot, context)
    expect(now[`jobs_in_flight{${labels}}`]).toBe(0)
    expect(now[`jobs_cancelled_total{${labels}}`]).toBe(undefined)
    expect(
      now['jobs_processing_seconds{job_type="long",operation="process",outcome="interrupted",priority="normal"}']
    ).toMatchObject({ count: 2 })
  })
})

it.effect("waits for its attempts before the resources of their handler go", () => {
  const events: Array<string> = []
  const resource = Layer.scopedDiscard(
    Effect.addFinalizer(() => Effect.sync(() => void events.push("resource released")))
  )
  const handler = Long.toLayer(() =>
    Effect.onInterrupt(Effect.never, () =>
      Effect.zipRight(
        breathe,
        Effect.sync(() => void events.push("handler interrupted"))
      )
    )
  ).pipe(Layer.provide(resource))
  return Effect.gen(function* () {
    const { context, stop } = yield* separate(world(handler))
    yield* Effect.provide(submit(Long, "a"), context)
    yield* stop
    expect(events).toEqual(["handler interrupted", "resource released"])
  })
})

it.effect("interrupts what it runs when its heartbeat is over, writes nothing of it, and lives anew", () => {
  const story: Array<string> = []
  let isDown = false
  const down = new SqlError({ cause: new Error("down"), message: "down" })
  const handler = Long.toLayer((name, { isRedelivered }) =>
    Effect.zipRight(
      Effect.sync(() => void story.push(`${name} begins${isRedelivered ? " again" : ""}`)),
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void story.push(`${name} stops`)))
    )
  )
  const flaky = world(handler, {
    changed: ({ beat, end, takeOver }) => ({
      beat: (runner) => Effect.suspend(() => (isDown ? Effect.fail(down) : beat(runner))),
      takeOver: (...given) => Effect.suspend(() => (isDown ? Effect.fail(down) : takeOver(...given))),
      end: (...given) => Effect.suspend(() => (isDown ? Effect.fail(down) : end(...given)))
    })
  })
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const id = yield* submit(Long, "a")
    const [first] = memory.runners.keys()
    yield* pass(20_000, 500)
    expect(story).toEqual(["a begins"])
    isDown = true
    yield* pass(15_000, 500)
    expect(story).toEqual(["a begins", "a stops"])
    expect((yield* status(id)).heldBy).toBe(first)
    isDown = false
    yield* pass(15_000, 500)
    expect(story).toEqual(["a begins", "a stops", "a begins again"])
    expect((yield* status(id)).heldBy).not.toBe(first)
    const now = yield* Testing.snapshot
    expect(now[`jobs_redelivered_total{${labels}}`]).toBe(1)
    expect(memory.totals).toMatchObject({ redelivered: 1, held: 1, failures: 0 })
  }).pipe(Effect.provide(flaky))
})

it.effect("ends its life by its own clock when the database does not answer at all", () => {
  let stopped = 0
  let isSilent = false
  const handler = Long.toLayer(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (stopped += 1))))
  const silent = world(handler, {
    changed: ({ beat }) => ({ beat: (runner) => Effect.suspend(() => (isSilent ? Effect.never : beat(runner))) })
  })
  return Effect.gen(function* () {
    yield* submit(Long, "a")
    yield* pass(4000, 500)
    isSilent = true
    yield* pass(9000, 500)
    expect(stopped).toBe(0)
    yield* pass(2000, 500)
    expect(stopped).toBe(1)
  }).pipe(Effect.provide(silent))
})

it.effect("stops a run whose job is no longer its own, with the next heartbeat", () => {
  let stopped = 0
  const handler = Long.toLayer(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (stopped += 1))))
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const lost = yield* submit(Long, "lost")
    const kept = yield* submit(Long, "kept")
    yield* pass(1000)
    Object.assign(memory.rows.get(lost) ?? {}, { state: "cancelled", finishedAt: 0, heldBy: undefined })
    yield* pass(3000)
    expect([stopped, (yield* status(kept)).state]).toEqual([1, "running"])
    yield* pass(10_000, 500)
    expect([stopped, (yield* status(kept)).state]).toEqual([1, "running"])
  }).pipe(Effect.provide(world(handler)))
})

it.effect("says with its heartbeat how many slots it has, of all types: those that jobs_slots has as the limit", () => {
  const Short = Job.make({
    type: "short",
    payload: Schema.Void,
    success: Schema.Void,
    error: Schema.Never,
    concurrency: 5
  })
  const short = Short.toLayer(() => Effect.void)
  return Effect.gen(function* () {
    const { tables } = yield* Tables
    const slots = Effect.map(tables.lives, (lives) => lives.map((life) => life.slots))
    const limits = Effect.map(Testing.snapshot, (now) =>
      ["long", "short"].map((type) => now[`jobs_slots{job_type="${type}",state="limit"}`])
    )
    yield* breathe
    expect([yield* slots, yield* limits]).toEqual([[undefined], [undefined, undefined]])
    const handlers = yield* JobHandlers
    const context = Context.make(JobHandlers, handlers)
    const first = yield* separate(
      Layer.provide(
        Long.toLayer(() => Effect.void),
        Layer.succeedContext(context)
      )
    )
    const second = yield* separate(Layer.provide(short, Layer.succeedContext(context)))
    yield* pass(2000)
    expect([yield* slots, yield* limits]).toEqual([[7], [2, 5]])
    yield* second.stop
    yield* pass(2000)
    expect([yield* slots, yield* limits]).toEqual([[2], [2, undefined]])
    yield* first.stop
    yield* pass(2000)
    expect([yield* slots, yield* limits]).toEqual([[0], [undefined, undefined]])
  }).pipe(Effect.provide(world(Layer.empty)))
})

it.effect("cancels a job whose claim is under way: it does not begin", () => {
  const story: Array<string> = []
  const handler = Long.toLayer((name) => Effect.sync(() => void story.push(name)))
  const answered = Effect.unsafeMakeLatch(false)
  const slow = world(handler, {
    changed: ({ claim }) => ({ claim: (request) => Effect.tap(claim(request), () => answered.await) })
  })
  return Effect.gen(function* () {
    const { tables } = yield* Tables
    const { cancelled } = yield* Runner
    const id = yield* submit(Long, "claimed")
    yield* tables.cancel(id, { isInTransaction: false, hint: false })
    yield* cancelled(id)
    yield* answered.open
    yield* pass(5000)
    expect([story, (yield* status(id)).state]).toEqual([[], "cancelled"])
    expect((yield* Testing.snapshot)['jobs_slots{job_type="long",state="used"}']).toBe(0)
  }).pipe(Effect.provide(slow))
})

it.effect("gives back what it holds without knowing, where the answer of a claim was lost", () => {
  let isLost = true
  const reset = new SqlError({ cause: new Error("reset"), message: "lost" })
  const handler = Long.toLayer(() => Effect.void)
  const flaky = world(handler, {
    changed: ({ claim }) => ({
      claim: (request) =>
        Effect.tap(claim(request), ({ jobs }) => (isLost && jobs.length > 0 ? Effect.fail(reset) : Effect.void))
    })
  })
  return Effect.gen(function* () {
    const id = yield* submit(Long, "a")
    expect((yield* status(id)).state).toBe("running")
    isLost = false
    yield* pass(6000, 500)
    expect(yield* status(id)).toMatchObject({ state: "completed", redeliveries: 1, attempt: 1 })
  }).pipe(Effect.provide(flaky))
})

it.effect("gives back a suspect that it had marked as started, where the answer of the mark was lost", () => {
  let losses = 0
  const flaky = world(
    Long.toLayer(() => Effect.void),
    {
      changed: ({ start }) => ({
        start: (...given) =>
          Effect.tap(start(...given), () =>
            Effect.suspend(() => {
              losses += 1
              return losses === 1
                ? Effect.fail(new SqlError({ cause: new Error("reset"), message: "lost" }))
                : Effect.void
            })
          )
      })
    }
  )
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const id = yield* submit(Long, "suspect", { delayMs: 1000 })
    Object.assign(memory.rows.get(id) ?? {}, { isSuspect: true })
    yield* pass(10_000)
    expect(losses).toBe(2)
    expect(memory.totals).toMatchObject({ completions: 1, redelivered: 1, retries: 0 })
  }).pipe(Effect.provide(flaky))
})

it.effect("owns no partition of its own accord, and claims of those that it owns", () =>
  Effect.gen(function* () {
    const { memory } = yield* Tables
    const runner = yield* Runner
    yield* submit(Long, "one", { partition: 5 })
    yield* pass(2000)
    expect(memory.totals.completions).toBe(0)
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* runner.own(1)
        yield* breathe
        expect(yield* runner.owned).toEqual([1])
        expect(memory.totals.completions).toBe(1)
      })
    )
    expect(yield* runner.owned).toEqual([])
  }).pipe(
    Effect.provide(
      world(
        Long.toLayer(() => Effect.void),
        { owned: [] }
      )
    )
  )
)

it.effect("counts the end that was written as its life ended, once the tables have answered", () => {
  const answered = Effect.unsafeMakeLatch(false)
  let isSilent = false
  const slow = world(
    Long.toLayer(() => Effect.void),
    {
      changed: ({ beat, end }) => ({
        beat: (runner) => Effect.suspend(() => (isSilent ? Effect.never : beat(runner))),
        end: (...given) => Effect.tap(end(...given), () => answered.await)
      })
    }
  )
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    isSilent = true
    yield* submit(Long, "a")
    yield* pass(15_000, 500)
    expect(memory.runners.size).toBe(2)
    isSilent = false
    yield* answered.open
    yield* pass(1000)
    expect(memory.totals.completions).toBe(1)
    const now = yield* Testing.snapshot
    expect(now[`jobs_completed_total{${labels}}`]).toBe(1)
    expect(now[`jobs_in_flight{${labels}}`]).toBe(0)
  }).pipe(Effect.provide(slow))
})

it.effect(
  "counts the retry that the tables have begun, where the answer of its claim was lost or came too late",
  () => {
    const Twice = Job.make({
      type: "long",
      payload: Schema.String,
      success: Schema.Void,
      error: Schema.String,
      backoff: { base: 0 }
    })
    let claims = 0
    const reset = new SqlError({ cause: new Error("reset"), message: "lost" })
    const flaky = world(
      Twice.toLayer((_, { attempt }) => (attempt === 1 ? Effect.fail("sour") : Effect.void)),
      {
        changed: ({ claim }) => ({
          claim: (request) =>
            Effect.tap(claim(request), ({ jobs }) => {
              claims += jobs.length
              return jobs.length > 0 && claims === 2 ? Effect.fail(reset) : Effect.void
            })
        })
      }
    )
    return Effect.gen(function* () {
      const { memory } = yield* Tables
      yield* submit(Twice, "a")
      yield* pass(10_000, 500)
      expect(memory.totals).toMatchObject({ completions: 1, retries: 1, redelivered: 1 })
      const now = yield* Testing.snapshot
      expect(now[`jobs_retried_total{${labels}}`]).toBe(1)
      expect(now[`jobs_redelivered_total{${labels}}`]).toBe(1)
    }).pipe(Effect.provide(flaky))
  }
)

it.effect("counts what it has taken of the transactions of callers, also where it stops meanwhile", () => {
  const answered = Effect.unsafeMakeLatch(false)
  const slow = world(
    Long.toLayer(() => Effect.void),
    {
      changed: ({ takeUncounted }) => ({
        takeUncounted: (id) =>
          Effect.tap(takeUncounted(id), ({ length }) => (length === 0 ? Effect.void : answered.await))
      })
    }
  )
  return Effect.gen(function* () {
    const { context, stop } = yield* separate(slow)
    yield* Effect.provide(
      Effect.flatMap(Tables, ({ tables }) =>
        tables.insert([{ id: "a", type: "long", partition: 0, priority: "normal", payload: '"a"', isLimited: false }], {
          isInTransaction: true,
          hint: false
        })
      ),
      context
    )
    yield* pass(2000)
    const stopping = yield* Effect.fork(stop)
    yield* pass(500)
    yield* answered.open
    yield* pass(500)
    yield* Fiber.join(stopping)
    const now = yield* Effect.provide(Testing.snapshot, context)
    expect(now[`jobs_enqueued_total{${labels.replace("process", "submit")}}`]).toBe(1)
  })
})

it.effect("stops in time where the database answers nothing any more", () => {
  const silent = world(
    Long.toLayer(() => Effect.void),
    { changed: () => ({ end: () => Effect.never, finish: () => Effect.never, beat: () => Effect.never }) }
  )
  return Effect.gen(function* () {
    const { context, stop } = yield* separate(silent)
    yield* Effect.provide(submit(Long, "a"), context)
    const stopping = yield* Effect.fork(stop)
    yield* pass(13_000, 500)
    expect(stopping.unsafePoll()).not.toBe(null)
  })
})

it.effect("gives back what was claimed and did not begin as if it had never been claimed", () => {
  const Few = Job.make({
    type: "few",
    payload: Schema.Number,
    success: Schema.Void,
    error: Schema.Never,
    concurrency: 1
  })
  const memory = new Memory()
  const handler = Few.toLayer((n) => (n === 0 ? Effect.void : Effect.never))
  return Effect.gen(function* () {
    const { context, stop } = yield* separate(world(handler, { memory }))
    const now = yield* Effect.provide(
      Effect.gen(function* () {
        const { tables } = yield* Tables
        yield* submit(Few, 0)
        yield* submit(Few, 1)
        // A job that was redelivered before, and one in its second attempt.
        const given = { type: "few", partition: 0, priority: "normal", payload: "2", isLimited: false } as const
        yield* tables.insert(
          [
            { ...given, id: "again" },
            { ...given, id: "second" }
          ],
          { isInTransaction: false, hint: false }
        )
        Object.assign(memory.rows.get("again") ?? {}, { redeliver: true, attempt: 1, redeliveries: 1 })
        Object.assign(memory.rows.get("second") ?? {}, { attempt: 1 })
        yield* submit(Few, 3)
        expect(memory.all.slice(1).map(({ attempt, state }) => [state, attempt])).toEqual([
          ["held", 1],
          ["held", 1],
          ["held", 2],
          ["held", 1]
        ])
        yield* stop
        return yield* Testing.snapshot
      }),
      context
    )
    expect(
      memory.all.slice(1).map(({ attempt, redeliver, redeliveries }) => [attempt, redeliver, redeliveries])
    ).toEqual([
      [1, true, 0],
      [1, true, 1],
      [1, false, 0],
      [0, false, 0]
    ])
    const labels = 'job_type="few",operation="process",priority="normal"'
    expect([now[`jobs_redelivered_total{${labels}}`] ?? 0, now[`jobs_retried_total{${labels}}`] ?? 0]).toEqual([0, 0])
  })
})
