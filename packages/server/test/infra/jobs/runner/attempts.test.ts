/** Handlers at work: places, order, retries, time-outs, cancellation, what can't be interrupted. */
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Job from "../../../../src/infra/jobs/definition/job.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { cancel, pass, status, submit, Tables, world } from "./world.ts"

const none = { success: Schema.Void, error: Schema.Never }

const Once = Job.make({ type: "once", payload: Schema.String, concurrency: 1, ...none })

it.effect("takes the more urgent first", () => {
  const order: Array<string> = []
  const handler = Once.toLayer((name) =>
    Effect.delay(
      Effect.sync(() => void order.push(name)),
      "10 seconds"
    )
  )
  return Effect.gen(function* () {
    yield* submit(Once, "first")
    for (const priority of ["low", "normal", "high", "critical"] as const) {
      yield* submit(Once, priority, { priority })
    }
    yield* pass(60_000, 5000)
    expect(order).toEqual(["first", "critical", "high", "normal", "low"])
  }).pipe(Effect.provide(world(handler)))
})

it.effect("runs no more of a type at once than its concurrency, and shows both", () => {
  const Wide = Job.make({ type: "wide", payload: Schema.Number, concurrency: 3, timeout: "1 hour", ...none })
  let running = 0
  let most = 0
  const handler = Wide.toLayer(() =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        running += 1
        most = Math.max(most, running)
      }),
      () => Effect.sleep("1 second"),
      () => Effect.sync(() => (running -= 1))
    )
  )
  return Effect.gen(function* () {
    for (let n = 0; n < 8; n += 1) {
      yield* submit(Wide, n)
    }
    const now = yield* Testing.snapshot
    expect(now['jobs_slots{job_type="wide",state="used"}']).toBe(3)
    expect(now['jobs_slots{job_type="wide",state="limit"}']).toBe(3)
    yield* pass(4000)
    expect(most).toBe(3)
    expect((yield* Tables).memory.totals.completions).toBe(8)
    expect((yield* Testing.snapshot)['jobs_slots{job_type="wide",state="used"}']).toBe(0)
  }).pipe(Effect.provide(world(handler)))
})

class Busy extends Schema.TaggedError<Busy>()("Busy", { after: Schema.Number }) {}

const Flaky = Job.make({
  type: "flaky",
  payload: Schema.Number,
  success: Schema.String,
  error: Busy,
  maxAttempts: 3,
  backoff: { base: "10 seconds", factor: 3, max: "20 seconds", jitter: 0 }
})

it.effect("tries again after a pause that grows up to its limit, and says which attempt it is", () => {
  const at: Array<[attempt: number, seconds: number]> = []
  const handler = Flaky.toLayer((_, { attempt, maxAttempts }) =>
    Effect.flatMap(
      Effect.clockWith((clock) => clock.currentTimeMillis),
      (ms) => {
        at.push([attempt, Math.round(ms / 1000)])
        return attempt < maxAttempts ? new Busy({ after: attempt }) : Effect.succeed("at last")
      }
    )
  )
  return Effect.gen(function* () {
    const id = yield* submit(Flaky, 1, { priority: "high" })
    yield* pass(9000, 500)
    expect((yield* status(id)).state).toBe("retrying")
    yield* pass(25_000, 500)
    expect(at).toEqual([
      [1, 0],
      [2, 10],
      [3, 30]
    ])
    const { errors, state } = yield* status(id)
    expect([state, errors.map(({ attempt, reason }) => [attempt, reason])]).toEqual([
      "completed",
      [
        [1, "Busy"],
        [2, "Busy"]
      ]
    ])
    const now = yield* Testing.snapshot
    const labels = 'job_type="flaky",operation="process",priority="high"'
    expect(now[`jobs_retried_total{${labels}}`]).toBe(2)
    expect(now['jobs_failed_total{job_type="flaky",reason="Busy"}']).toBe(2)
    expect(now[`jobs_attempts{${labels}}`]).toMatchObject({ count: 1, sum: 3 })
    expect(now[`jobs_duration_seconds{${labels}}`]).toMatchObject({ count: 1 })
    // The pauses are deliberate: no waiting.
    expect(now[`jobs_wait_duration_seconds{${labels}}`]).toMatchObject({ count: 3, sum: 0 })
  }).pipe(Effect.provide(world(handler)))
})

it.effect("takes the attempts, the timeout and the backoff of a job that has its own", () => {
  const told: Array<readonly [attempt: number, maxAttempts: number]> = []
  const handler = Flaky.toLayer((_, { attempt, maxAttempts }) => {
    told.push([attempt, maxAttempts])
    return attempt === 1 ? new Busy({ after: 1 }) : Effect.never
  })
  const backoff = { baseMs: 1000, factor: 1, maxMs: 1000, jitter: 0 }
  return Effect.gen(function* () {
    const id = yield* submit(Flaky, 1, { maxAttempts: 2, timeoutMs: 500, backoff })
    yield* pass(2000)
    expect(told).toEqual([
      [1, 2],
      [2, 2]
    ])
    const { errors, reason, state } = yield* status(id)
    expect([state, reason, errors.map((error) => error.reason)]).toEqual(["dead", "Timeout", ["Busy", "Timeout"]])
  }).pipe(Effect.provide(world(handler)))
})

it.effect("tries again at once where the backoff begins with no pause", () => {
  const Eager = Job.make({ type: "eager", payload: Schema.Void, ...none, backoff: { base: 0, factor: 1e300 } })
  return Effect.gen(function* () {
    const id = yield* submit(Eager, undefined)
    yield* pass(0)
    expect(yield* status(id)).toMatchObject({ state: "dead", attempt: 5 })
  }).pipe(Effect.provide(world(Eager.toLayer(() => Effect.die("no")))))
})

it.effect("does not try again what its definition calls hopeless, whatever its finalizers do", () => {
  const asked: Array<number> = []
  const Hopeless = Job.make({
    type: "hopeless",
    payload: Schema.Void,
    success: Schema.Void,
    error: Busy,
    isRetryable: ({ after }) => {
      asked.push(after)
      return false
    }
  })
  const handler = Hopeless.toLayer(() =>
    Effect.zipRight(
      Effect.addFinalizer(() => Effect.die("the finalizer")),
      Effect.ensuring(new Busy({ after: 5 }), Effect.die("beside it"))
    )
  )
  return Effect.gen(function* () {
    const id = yield* submit(Hopeless, undefined)
    expect(yield* status(id)).toMatchObject({ state: "dead", attempt: 1, reason: "Busy" })
    expect(asked).toEqual([5])
    expect((yield* Testing.snapshot)['jobs_failed_total{job_type="hopeless",reason="Busy"}']).toBe(1)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("ends an attempt that takes too long, and leaves one alone that can't be interrupted", () => {
  const Slow = Job.make({
    type: "slow",
    payload: Schema.Boolean,
    timeout: "2 seconds",
    maxAttempts: 1,
    concurrency: 1,
    ...none
  })
  const handler = Slow.toLayer((isStubborn) => (isStubborn ? Effect.uninterruptible(Effect.never) : Effect.never))
  return Effect.gen(function* () {
    const stubborn = yield* submit(Slow, true)
    const polite = yield* submit(Slow, false)
    yield* pass(12_000)
    const dead = { state: "dead", reason: "Timeout" }
    expect(yield* status(stubborn)).toMatchObject(dead)
    expect(yield* status(polite)).toMatchObject(dead)
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="slow",reason="Timeout"}']).toBe(2)
    expect(now['jobs_in_flight{job_type="slow",operation="process",priority="normal"}']).toBe(0)
    expect(now['jobs_slots{job_type="slow",state="abandoned"}']).toBe(1)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("shows the handlers that were left to themselves, for as long as they go on", () => {
  const Deaf = Job.make({ type: "deaf", payload: Schema.Void, timeout: "2 seconds", maxAttempts: 1, ...none })
  const handler = Deaf.toLayer(() => Effect.uninterruptible(Effect.sleep("30 seconds")))
  const slots = Effect.map(Testing.snapshot, (now) =>
    ["used", "abandoned"].map((state) => now[`jobs_slots{job_type="deaf",state="${state}"}`])
  )
  return Effect.gen(function* () {
    yield* submit(Deaf, undefined)
    yield* pass(5000)
    expect(yield* slots).toEqual([1, 0])
    yield* pass(5000)
    expect(yield* slots).toEqual([0, 1])
    yield* pass(25_000, 1000)
    expect(yield* slots).toEqual([0, 0])
  }).pipe(Effect.provide(world(handler)))
})

const Long = Job.make({ type: "long", payload: Schema.String, timeout: "1 hour", concurrency: 1, ...none })

it.effect("stops a job that is cancelled, and does not begin one that waits", () => {
  const story: Array<string> = []
  const handler = Long.toLayer((name) =>
    Effect.zipRight(
      Effect.sync(() => story.push(`${name} begins`)),
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void story.push(`${name} stops`)))
    )
  )
  return Effect.gen(function* () {
    const runs = yield* submit(Long, "runs")
    const waits = yield* submit(Long, "waits")
    expect([(yield* status(runs)).state, (yield* status(waits)).state]).toEqual(["running", "ready"])
    yield* cancel(waits)
    yield* cancel(runs)
    yield* pass(1000)
    expect(story).toEqual(["runs begins", "runs stops"])
    const now = yield* Testing.snapshot
    const labels = 'job_type="long",operation="process"'
    expect(now[`jobs_cancelled_total{${labels},priority="normal"}`]).toBe(undefined)
    expect(now[`jobs_processing_seconds{${labels},outcome="interrupted",priority="normal"}`]).toMatchObject({
      count: 1
    })
    expect(now['jobs_slots{job_type="long",state="used"}']).toBe(0)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("writes the progress that a handler tells, and stops one that has lost its job", () => {
  let stopped = 0
  const handler = Long.toLayer((_, { progress }) =>
    progress(0.25, `a quarter${".".repeat(3000)}`).pipe(
      Effect.zipRight(Effect.sleep("10 seconds")),
      Effect.zipRight(progress(7)),
      Effect.zipRight(Effect.sleep("10 minutes")),
      Effect.onInterrupt(() => Effect.sync(() => void (stopped += 1)))
    )
  )
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const kept = yield* submit(Long, "kept")
    yield* pass(1000)
    expect((yield* status(kept)).progress).toEqual({ ratio: 0.25, note: `a quarter${".".repeat(1991)}` })
    yield* pass(10_000, 500)
    expect((yield* status(kept)).progress).toEqual({ ratio: 1, note: undefined })
    yield* cancel(kept)
    const lost = yield* submit(Long, "lost")
    yield* pass(9500, 500)
    Object.assign(memory.rows.get(lost) ?? {}, { run: 77 })
    yield* pass(1000)
    expect(stopped).toBe(2)
  }).pipe(Effect.provide(world(handler, { lease: Duration.hours(1) })))
})

it.effect("stops the run that lost its job once the job comes back here", () => {
  const Endless = Job.make({ type: "endless", payload: Schema.Void, concurrency: 2, timeout: "1 day", ...none })
  const story: Array<string> = []
  let begun = 0
  const handler = Endless.toLayer(() =>
    Effect.suspend(() => {
      const run = (begun += 1)
      story.push(`${run} begins`)
      return Effect.onInterrupt(Effect.never, () => Effect.sync(() => story.push(`${run} stops`)))
    })
  )
  return Effect.gen(function* () {
    const { memory } = yield* Tables
    const id = yield* submit(Endless, undefined)
    yield* pass(500)
    Object.assign(memory.rows.get(id) ?? {}, { state: "waiting", redeliver: true })
    yield* pass(6000)
    expect(story).toEqual(["1 begins", "2 begins", "1 stops"])
    expect((yield* Testing.snapshot)['jobs_slots{job_type="endless",state="used"}']).toBe(1)
    expect(memory.totals.redelivered).toBe(1)
    yield* cancel(id)
    expect(story).toEqual(["1 begins", "2 begins", "1 stops", "2 stops"])
    expect((yield* Testing.snapshot)['jobs_slots{job_type="endless",state="used"}']).toBe(0)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("puts poison aside under its own name, and goes on with the rest", () => {
  const Odd = Job.make({
    type: "odd",
    payload: Schema.Struct({ kind: Schema.Literal("throws", "fine") }),
    maxAttempts: 1,
    concurrency: 2,
    ...none
  })
  const handler = Odd.toLayer(({ kind }) => {
    if (kind === "throws") {
      throw new TypeError("thrown, not returned")
    }
    return Effect.void
  })
  return Effect.gen(function* () {
    const throws = yield* submit(Odd, { kind: "throws" })
    // Rows that another version wrote, or somebody's hand: no JSON, and JSON of another shape.
    const broken = yield* submit(Odd, { kind: "fine" }, { payload: "{" })
    const other = yield* submit(Odd, { kind: "fine" }, { payload: '{"kind":"unheard"}' })
    const fine = yield* submit(Odd, { kind: "fine" })
    const ends = yield* Effect.forEach([throws, broken, other, fine], status)
    expect(ends.map(({ reason, state }) => [state, reason])).toEqual([
      ["dead", "TypeError"],
      ["dead", "Validation"],
      ["dead", "Validation"],
      ["completed", undefined]
    ])
    const now = yield* Testing.snapshot
    expect(now['jobs_dead_lettered_total{job_type="odd",reason="Validation"}']).toBe(2)
    expect(
      now['jobs_processing_seconds{job_type="odd",operation="process",outcome="defect",priority="normal"}']
    ).toMatchObject({ count: 1 })
  }).pipe(Effect.provide(world(handler)))
})

it.effect("measures a job from its acceptance, the deliberate delay included, and its waiting without", () => {
  const Timed = Job.make({ type: "timed", payload: Schema.Void, ...none })
  return Effect.gen(function* () {
    yield* submit(Timed, undefined, { delayMs: 1000 })
    yield* pass(1000)
    yield* pass(3000)
    const now = yield* Testing.snapshot
    const labels = 'job_type="timed",operation="process",priority="normal"'
    expect(now[`jobs_duration_seconds{${labels}}`]).toMatchObject({ count: 1, sum: 3 })
    expect(now[`jobs_wait_duration_seconds{${labels}}`]).toMatchObject({ count: 1, sum: 0 })
  }).pipe(Effect.provide(world(Timed.toLayer(() => Effect.sleep("2 seconds")))))
})

it.effect("closes the scope of an attempt with what its handler ended with, before that is written", () => {
  const Scoped = Job.make({
    type: "scoped",
    payload: Schema.Boolean,
    success: Schema.Struct({ n: Schema.Number }),
    error: Schema.Struct({ why: Schema.String }),
    maxAttempts: 1
  })
  const exits: Array<Exit.Exit<unknown, unknown>> = []
  const handler = Scoped.toLayer((isFine) =>
    Effect.zipRight(
      Effect.addFinalizer((exit) => Effect.sync(() => void exits.push(exit))),
      isFine ? Effect.succeed({ n: 1 }) : Effect.fail({ why: "so" })
    )
  )
  return Effect.gen(function* () {
    yield* submit(Scoped, true)
    yield* submit(Scoped, false)
    expect(exits).toEqual([Exit.succeed({ n: 1 }), Exit.fail({ why: "so" })])
  }).pipe(Effect.provide(world(handler)))
})
