/** How jobs are run: order, slots, retries, time-outs, cancellation, hand-over. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Job, type JobError, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { breathe, totals, pass, within, world, worldWith } from "./world.ts"

const none = { success: Schema.Void, error: Schema.Never }

const Once = Job.make({ type: "once", payload: Schema.String, slots: 1, ...none })

it.effect("takes the more urgent first", () => {
  const order: Array<string> = []
  const handler = Once.toLayer((name) =>
    Effect.delay(
      Effect.sync(() => void order.push(name)),
      "10 seconds"
    )
  )
  return Effect.gen(function* () {
    const jobs = yield* JobService
    yield* within(jobs.submit(Once, "first"))
    for (const priority of ["low", "normal", "high", "critical"] as const) {
      yield* within(jobs.submit(Once, priority, { priority }))
    }
    yield* pass(60_000, 5000)
    expect(order).toEqual(["first", "critical", "high", "normal", "low"])
  }).pipe(Effect.provide(world(handler)))
})

it.effect("runs no more of a kind at once than it has slots, whatever the lanes, and shows both", () => {
  const Wide = Job.make({ type: "wide", payload: Schema.Number, slots: 3, timeout: "1 hour", ...none })
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
    const jobs = yield* JobService
    for (let n = 0; n < 8; n += 1) {
      yield* within(jobs.submit(Wide, n))
    }
    const now = yield* Testing.snapshot
    expect(now['jobs_slots{job_type="wide",state="used"}']).toBe(3)
    expect(now['jobs_slots{job_type="wide",state="limit"}']).toBe(3)
    yield* pass(4000)
    expect(most).toBe(3)
    expect((yield* totals).completions).toBe(8)
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
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Flaky, 1, { priority: "high" }))
    yield* pass(9000, 500)
    expect(yield* jobs.result(Flaky, id)).toEqual({ _tag: "Pending", state: "retrying" })
    yield* pass(25_000, 500)
    expect(at).toEqual([
      [1, 0],
      [2, 10],
      [3, 30]
    ])
    expect(yield* jobs.result(Flaky, id)).toEqual({ _tag: "Completed", value: "at last" })
    const status = yield* jobs.status(id)
    expect(status.errors.map(({ attempt, reason }) => [attempt, reason])).toEqual([
      [1, "Busy"],
      [2, "Busy"]
    ])
    const now = yield* Testing.snapshot
    expect(now['jobs_retried_total{job_type="flaky",operation="process",priority="high"}']).toBe(2)
    expect(now['jobs_failed_total{job_type="flaky",reason="Busy"}']).toBe(2)
    expect(now['jobs_attempts{job_type="flaky",operation="process",priority="high"}']).toMatchObject({
      count: 1,
      sum: 3
    })
    expect(now['jobs_duration_seconds{job_type="flaky",operation="process",priority="high"}']).toMatchObject({
      count: 1
    })
    // The pauses are deliberate: no waiting.
    expect(now['jobs_wait_duration_seconds{job_type="flaky",operation="process",priority="high"}']).toMatchObject({
      count: 3,
      sum: 0
    })
  }).pipe(Effect.provide(world(handler)))
})

it.effect("gives up after the last attempt, with the handler's own error for whoever waits", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Flaky, 1))
    expect(yield* within(Effect.exit(jobs.awaitResult(Flaky, id)))).toEqual(Exit.fail(new Busy({ after: 7 })))
    expect(yield* jobs.result(Flaky, id)).toMatchObject({ _tag: "Dead", reason: "Busy", attempts: 3 })
    const now = yield* Testing.snapshot
    expect(now['jobs_dead_lettered_total{job_type="flaky",reason="Busy"}']).toBe(1)
    expect(now['jobs_duration_seconds{job_type="flaky",operation="process",priority="normal"}']).toMatchObject({
      count: 1,
      sum: 30
    })
  }).pipe(Effect.provide(world(Flaky.toLayer(() => new Busy({ after: 7 })))))
)

it.effect("does not try again what its definition calls hopeless", () => {
  const Hopeless = Job.make({
    type: "hopeless",
    payload: Schema.Void,
    success: Schema.Void,
    error: Busy,
    isRetryable: ({ after }) => after < 5
  })
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Hopeless, undefined))
    yield* breathe
    expect(yield* jobs.result(Hopeless, id)).toMatchObject({ _tag: "Dead", attempts: 1 })
  }).pipe(Effect.provide(world(Hopeless.toLayer(() => new Busy({ after: 5 })))))
})

it.effect("ends an attempt that takes too long, and leaves one alone that can't be interrupted", () => {
  const Slow = Job.make({
    type: "slow",
    payload: Schema.Boolean,
    timeout: "2 seconds",
    maxAttempts: 1,
    slots: 1,
    ...none
  })
  const handler = Slow.toLayer((isStubborn) => (isStubborn ? Effect.uninterruptible(Effect.never) : Effect.never))
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const stubborn = yield* within(jobs.submit(Slow, true))
    const polite = yield* within(jobs.submit(Slow, false))
    yield* pass(12_000)
    const dead = { _tag: "Dead", reason: "Timeout" }
    expect(yield* jobs.result(Slow, stubborn)).toMatchObject(dead)
    expect(yield* jobs.result(Slow, polite)).toMatchObject(dead)
    expect(yield* within(Effect.flip(jobs.awaitResult(Slow, polite)))).toMatchObject({
      reason: "Timeout",
      isRetryable: true
    })
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="slow",reason="Timeout"}']).toBe(2)
    expect(now['jobs_in_flight{job_type="slow",operation="process",priority="normal"}']).toBe(0)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("shows the handlers that were left to themselves, for as long as they go on", () => {
  const Deaf = Job.make({ type: "deaf", payload: Schema.Void, timeout: "2 seconds", maxAttempts: 1, slots: 1, ...none })
  const handler = Deaf.toLayer(() => Effect.uninterruptible(Effect.sleep("30 seconds")))
  const slots = Effect.map(Testing.snapshot, (now) =>
    ["used", "abandoned"].map((state) => now[`jobs_slots{job_type="deaf",state="${state}"}`])
  )
  return Effect.gen(function* () {
    const jobs = yield* JobService
    yield* within(jobs.submit(Deaf, undefined))
    yield* pass(5000)
    expect(yield* slots).toEqual([1, 0])
    yield* pass(5000)
    expect(yield* slots).toEqual([0, 1])
    yield* pass(25_000, 1000)
    expect(yield* slots).toEqual([0, 0])
  }).pipe(Effect.provide(world(handler)))
})

const Long = Job.make({ type: "long", payload: Schema.String, timeout: "1 hour", slots: 1, ...none })

it.effect("cancels a job that runs and one that waits, each counted once", () => {
  const interrupted: Array<string> = []
  const handler = Long.toLayer((name) =>
    Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted.push(name)))
  )
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const runs = yield* within(jobs.submit(Long, "runs"))
    const waits = yield* within(jobs.submit(Long, "waits"))
    const later = yield* within(jobs.submit(Long, "later", { delay: "1 hour" }))
    expect((yield* jobs.status(runs)).state).toBe("running")
    expect((yield* jobs.status(waits)).state).toBe("ready")
    expect((yield* jobs.status(later)).state).toBe("scheduled")
    for (const id of [waits, later, runs]) {
      yield* within(jobs.cancel(id))
    }
    yield* pass(1000)
    expect(interrupted).toEqual(["runs"])
    expect(yield* jobs.result(Long, runs)).toEqual({ _tag: "Cancelled" })
    expect(yield* within(Effect.flip(jobs.cancel(runs)))).toMatchObject({
      reason: "AlreadyCancelled",
      isRetryable: false
    })
    expect(yield* within(Effect.flip(jobs.cancel("none")))).toMatchObject({ reason: "NotFound" })
    expect(yield* within(Effect.flip(jobs.awaitResult(Long, waits)))).toMatchObject({ reason: "AlreadyCancelled" })
    const now = yield* Testing.snapshot
    expect(now['jobs_cancelled_total{job_type="long",operation="cancel",priority="normal"}']).toBe(3)
    expect(now['jobs_cancelled_total{job_type="long",operation="process",priority="normal"}']).toBe(undefined)
    expect(
      now['jobs_processing_seconds{job_type="long",operation="process",outcome="interrupted",priority="normal"}']
    ).toMatchObject({ count: 1 })
    expect(now['jobs_attempts{job_type="long",operation="process",priority="normal"}']).toMatchObject({
      count: 1,
      sum: 1
    })
  }).pipe(Effect.provide(world(handler)))
})

it.effect("cancels a job while its claim is under way: what was begun of it is stopped", () => {
  const story: Array<string> = []
  const handler = Long.toLayer(() =>
    Effect.zipRight(
      Effect.sync(() => void story.push("begins")),
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void story.push("stops")))
    )
  )
  const answered = Effect.unsafeMakeLatch(false)
  const slow = worldWith(handler, ({ claim }) => ({ claim: (options) => Effect.tap(claim(options), answered.await) }))
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Long, "claimed"))
    yield* pass(1000)
    const cancelling = yield* Effect.fork(jobs.cancel(id))
    yield* pass(1000)
    expect((yield* jobs.status(id)).state).toBe("cancelled")
    yield* answered.open
    yield* within(Fiber.join(cancelling))
    yield* pass(1000)
    expect(story.slice(0, 2)).toEqual(["begins", "stops"])
    const now = yield* Testing.snapshot
    expect(now['jobs_slots{job_type="long",state="used"}']).toBe(0)
    expect(now['jobs_cancelled_total{job_type="long",operation="cancel",priority="normal"}']).toBe(1)
  }).pipe(Effect.provide(slow))
})

it.effect("stops a run whose job is no longer its own, with the next poll at the latest", () => {
  let stopped = 0
  const handler = Long.toLayer(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (stopped += 1))))
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const lost = yield* within(jobs.submit(Long, "lost"))
    yield* pass(1000)
    yield* sql`UPDATE jobs SET state = 'cancelled', finished_at = 0 WHERE id = ${lost}`
    yield* pass(6000)
    expect(stopped).toBe(1)
    const kept = yield* within(jobs.submit(Long, "kept"))
    yield* pass(12_000)
    expect([stopped, (yield* jobs.status(kept)).state]).toEqual([1, "running"])
  }).pipe(Effect.provide(world(handler)))
})

it.effect("stops the run that lost its job to another runner once the job comes back here", () => {
  const Endless = Job.make({ type: "endless", payload: Schema.Void, slots: 2, timeout: "1 day", ...none })
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
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const id = yield* within(jobs.submit(Endless, undefined))
    yield* pass(1000)
    yield* sql`UPDATE jobs SET state = 'ready', redeliver = 1 WHERE id = ${id}`
    yield* pass(30_000, 1000)
    expect(story).toEqual(["1 begins", "2 begins", "1 stops"])
    expect((yield* Testing.snapshot)['jobs_slots{job_type="endless",state="used"}']).toBe(1)
    expect((yield* totals).redelivered).toBe(1)
    yield* within(jobs.cancel(id))
    yield* pass(1000)
    expect(story).toEqual(["1 begins", "2 begins", "1 stops", "2 stops"])
    expect((yield* Testing.snapshot)['jobs_slots{job_type="endless",state="used"}']).toBe(0)
  }).pipe(Effect.provide(world(handler)))
})

it.effect("meets a live job with the same key, and a new one once that has ended", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const options = { dedupeKey: "one", delay: "10 seconds" } as const
    const first = yield* within(jobs.submit(Once, "a", options))
    expect(yield* within(jobs.submit(Once, "b", options))).toBe(first)
    expect(
      yield* within(Effect.all([jobs.submit(Once, "c", options), jobs.submit(Once, "d", options)], { concurrency: 2 }))
    ).toEqual([first, first])
    yield* pass(11_000)
    expect(yield* within(jobs.submit(Once, "e", options))).not.toBe(first)
    const now = yield* Testing.snapshot
    expect(now['jobs_enqueued_total{job_type="once",operation="submit",priority="normal"}']).toBe(2)
    expect(now['jobs_duplicates_total{job_type="once",operation="submit",priority="normal"}']).toBe(3)
  }).pipe(Effect.provide(world(Once.toLayer(() => Effect.void))))
)

it.effect("does not start before its time, and counts the delay as duration but not as waiting", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const byDelay = yield* within(jobs.submit(Once, "delay", { delay: "30 seconds" }))
    const byTime = yield* within(jobs.submit(Once, "at", { at: 60_000 }))
    const due = (yield* jobs.status(byDelay)).dueAt + 60_000
    yield* TestClock.setTime(29_000)
    yield* breathe
    expect([(yield* jobs.status(byDelay)).state, (yield* jobs.status(byTime)).state]).toEqual([
      "scheduled",
      "scheduled"
    ])
    yield* pass(2000)
    expect((yield* jobs.status(byDelay)).state).toBe("completed")
    yield* pass(30_000, 500)
    expect((yield* jobs.status(byTime)).state).toBe("completed")
    const accepted = (yield* jobs.status(byDelay)).acceptedAt + (yield* jobs.status(byTime)).acceptedAt
    const now = yield* Testing.snapshot
    expect(now['jobs_wait_duration_seconds{job_type="once",operation="process",priority="normal"}']).toMatchObject({
      count: 2,
      sum: 0
    })
    expect(now['jobs_duration_seconds{job_type="once",operation="process",priority="normal"}']).toMatchObject({
      count: 2,
      sum: (due - accepted) / 1000
    })
  }).pipe(Effect.provide(world(Once.toLayer(() => Effect.void))))
)

it.effect("refuses what is not valid, what has no handler, and what is submitted inside a transaction", () => {
  const Small = Job.make({ type: "small", payload: Schema.String.pipe(Schema.maxLength(3)), ...none })
  const Unknown = Job.make({ type: "unknown", payload: Schema.Void, ...none })
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const refused = (exit: Effect.Effect<string, JobError>) =>
      Effect.map(within(Effect.flip(exit)), ({ isRetryable, reason }) => [reason, isRetryable])
    expect(yield* refused(jobs.submit(Small, "long"))).toEqual(["Validation", false])
    expect(yield* refused(jobs.submit(Small, "a", { dedupeKey: "\u0000" }))).toEqual(["Validation", false])
    expect(yield* refused(jobs.submit(Unknown, undefined))).toEqual(["HandlerMissing", true])
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="small",reason="Validation"}']).toBe(2)
    expect(now['jobs_failed_total{job_type="unknown",reason="HandlerMissing"}']).toBe(1)
    expect((yield* totals).enqueued).toBe(0)
  }).pipe(Effect.provide(world(Small.toLayer(() => Effect.void))))
})
