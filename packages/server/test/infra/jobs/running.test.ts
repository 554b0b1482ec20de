/** How jobs end for those who submitted them: what they are told, what is kept, and what is counted of it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { counted, eventually, onBoth, totals, world } from "./world.ts"

class Busy extends Schema.TaggedError<Busy>()("Busy", { after: Schema.Number }) {}

const Flaky = Job.make({
  type: "flaky",
  payload: Schema.Number,
  success: Schema.String,
  error: Busy,
  maxAttempts: 2,
  backoff: { base: "400 millis", jitter: 0 }
})

const labels = (type: string): string => `job_type="${type}",operation="process",priority="normal"`

it.live("gives up after the last attempt, with the handler's own error for whoever waits", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* jobs.submit(Flaky, 1)
    yield* eventually(
      Effect.map(jobs.result(Flaky, id), (result) => expect(result).toEqual({ _tag: "Pending", state: "retrying" }))
    )
    expect(yield* Effect.either(jobs.awaitResult(Flaky, id))).toEqual(Either.left(new Busy({ after: 7 })))
    expect(yield* jobs.result(Flaky, id)).toMatchObject({
      _tag: "Dead",
      reason: "Busy",
      attempts: 2,
      error: Option.some(new Busy({ after: 7 }))
    })
    const now = yield* Testing.snapshot
    expect(now['jobs_dead_lettered_total{job_type="flaky",reason="Busy"}']).toBe(1)
    expect(now['jobs_failed_total{job_type="flaky",reason="Busy"}']).toBe(2)
    expect(now[`jobs_attempts{${labels("flaky")}}`]).toMatchObject({ count: 1, sum: 2 })
    // From its acceptance on: the pause between the attempts is in it.
    const duration = now[`jobs_duration_seconds{${labels("flaky")}}`]
    expect(duration).toMatchObject({ count: 1 })
    expect(typeof duration === "object" && duration.sum).toBeGreaterThanOrEqual(0.4)
  }).pipe(Effect.provide(world(Flaky.toLayer(() => new Busy({ after: 7 })))))
)

it.live("tells whoever waits what it was where the handler gave no error of its own", () => {
  const Ends = Job.make({
    type: "ends",
    payload: Schema.Literal("hangs", "dies", "waits"),
    success: Schema.Void,
    error: Schema.Never,
    maxAttempts: 1
  })
  const handler = Ends.toLayer((how) => (how === "dies" ? Effect.die(new RangeError("out of range")) : Effect.never))
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const hangs = yield* jobs.submit(Ends, "hangs", { timeout: "50 millis" })
    const dies = yield* jobs.submit(Ends, "dies")
    expect(yield* Effect.flip(jobs.awaitResult(Ends, hangs))).toMatchObject({
      reason: "Timeout",
      isRetryable: true,
      jobId: hangs
    })
    expect(yield* Effect.flip(jobs.awaitResult(Ends, dies))).toMatchObject({
      reason: "MaxRetries",
      isRetryable: false,
      message: "out of range"
    })
    expect(yield* jobs.result(Ends, dies)).toMatchObject({ _tag: "Dead", reason: "RangeError", error: Option.none() })
    const waits = yield* jobs.submit(Ends, "waits", { delay: "1 hour" })
    const waiting = yield* Effect.fork(Effect.flip(jobs.awaitResult(Ends, waits)))
    yield* jobs.cancel(waits)
    expect(yield* waiting).toMatchObject({ reason: "AlreadyCancelled", isRetryable: false })
    expect(yield* jobs.result(Ends, waits)).toEqual({ _tag: "Cancelled" })
  }).pipe(Effect.provide(world(handler)))
})

it.live("counts the attempts of a job that is cancelled, if any had begun", () => {
  const Long = Job.make({ type: "long", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
  const begun = Effect.unsafeMakeLatch(false)
  const handler = Long.toLayer(() => Effect.zipRight(begun.open, Effect.never))
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const runs = yield* jobs.submit(Long, undefined)
    const later = yield* jobs.submit(Long, undefined, { delay: "1 hour" })
    yield* begun.await
    expect([(yield* jobs.status(runs)).state, (yield* jobs.status(later)).state]).toEqual(["running", "scheduled"])
    yield* Effect.forEach([later, runs], jobs.cancel)
    const interrupted = labels("long").replace("priority", 'outcome="interrupted",priority')
    yield* eventually(
      Effect.map(Testing.snapshot, (now) => {
        expect(now[`jobs_attempts{${labels("long")}}`]).toMatchObject({ count: 1, sum: 1 })
        expect(now[`jobs_processing_seconds{${interrupted}}`]).toMatchObject({ count: 1 })
        expect(now[`jobs_slots{job_type="long",state="used"}`]).toBe(0)
      })
    )
    expect(yield* counted("jobs_cancelled_total")).toBe(2)
  }).pipe(Effect.provide(world(handler)))
})

it.live("refuses to cancel and to replay what is over, and counts that", () => {
  const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* jobs.submit(Plain, undefined)
    yield* jobs.awaitResult(Plain, id)
    for (const refused of [jobs.cancel(id), jobs.deadLetters.replay(id)]) {
      expect(yield* Effect.flip(refused)).toMatchObject({ reason: "NotFound", isRetryable: false, jobType: "plain" })
    }
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="plain",reason="NotFound"}']).toBe(2)
    expect([yield* counted("jobs_cancelled_total"), yield* counted("jobs_replayed_total")]).toEqual([0, 0])
  }).pipe(Effect.provide(world(Plain.toLayer(() => Effect.void))))
})

it.live("leaves what it has no handler for to runners that have one", () => {
  const kind = (type: string) => Job.make({ type, payload: Schema.Void, success: Schema.Void, error: Schema.Never })
  const [Here, Elsewhere] = [kind("here"), kind("elsewhere")]
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const elsewhere = yield* jobs.submit(Elsewhere, undefined, { priority: "critical" })
    const here = yield* jobs.submit(Here, undefined)
    yield* jobs.awaitResult(Here, here)
    yield* Effect.sleep("300 millis")
    expect(yield* jobs.status(elsewhere)).toMatchObject({ state: "ready", attempt: 0, redeliveries: 0 })
    expect(yield* totals).toMatchObject({ completions: 1, held: 1, failures: 0 })
  }).pipe(Effect.provide(world(Here.toLayer(() => Effect.void))))
})

onBoth("running", {
  "lets each type with limits have its turn, also beside one that always has work": (database) => {
    const limited = (type: string) =>
      Job.make({
        type,
        payload: Schema.Number,
        success: Schema.Void,
        error: Schema.Never,
        concurrency: 64,
        limits: { concurrency: 1000 }
      })
    const [Many, Few] = [limited("many"), limited("few")]
    const handlers = Layer.mergeAll(
      Many.toLayer((ms) => Effect.sleep(ms)),
      Few.toLayer(() => Effect.void)
    )
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.submitMany(
        Many,
        Array.from({ length: 2000 }, (_, n) => 5 + (n % 20))
      )
      const few = yield* jobs.submitMany(Few, [1, 2, 3])
      yield* Effect.forEach(few, (id) => jobs.awaitResult(Few, id))
      const left = (yield* jobs.depth).find(({ jobType, state }) => jobType === "many" && state === "ready")
      expect(left?.jobs).toBeGreaterThan(500)
    }).pipe(Effect.provide(world(handlers, {}, database)))
  },
  "puts a job aside at once whose end the database refuses, and keeps those that ended with it": (database) => {
    const Plain = Job.make({ type: "plain", payload: Schema.String, success: Schema.String, error: Schema.Never })
    const refusal = SqlClient.SqlClient.pipe(
      Effect.flatMap((sql) =>
        sql.onDialectOrElse({
          pg: () => sql`ALTER TABLE jobs_done ADD CONSTRAINT refuse CHECK (result <> '"bad"')`,
          orElse: () => sql`CREATE TRIGGER refuse BEFORE INSERT ON jobs_done WHEN NEW.result = '"bad"'
            BEGIN SELECT RAISE(ABORT, 'not this result'); END`
        })
      )
    )
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* refusal
      const ids = yield* jobs.submitMany(Plain, ["good", "bad", "good", "good"])
      const ends = yield* Effect.forEach(ids, (id) => Effect.either(jobs.awaitResult(Plain, id)), {
        concurrency: "unbounded"
      })
      expect(ends.map(({ _tag }) => _tag)).toEqual(["Right", "Left", "Right", "Right"])
      expect(yield* jobs.status(ids[1] ?? "")).toMatchObject({
        state: "dead",
        reason: "Unwritable",
        redeliveries: 0,
        errors: [{ attempt: 1, reason: "Unwritable" }]
      })
      const now = yield* Testing.snapshot
      expect(now['jobs_failed_total{job_type="plain",reason="Unwritable"}']).toBe(1)
      expect(now['jobs_dead_lettered_total{job_type="plain",reason="Unwritable"}']).toBe(1)
      expect(now[`jobs_completed_total{${labels("plain")}}`]).toBe(3)
    }).pipe(Effect.provide(world(Plain.toLayer(Effect.succeed), {}, database)))
  }
})
