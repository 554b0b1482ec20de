/** The gauges that have a source of truth: depth, ages, dead letters; and a queue that stands still. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { pass, within, world } from "./world.ts"

const Stuck = Job.make({
  type: "stuck",
  payload: Schema.Literal("hang", "fail"),
  success: Schema.Void,
  error: Schema.Never,
  slots: 1,
  maxAttempts: 2,
  timeout: "1 day",
  backoff: { base: "1 hour", jitter: 0 }
})
const StuckLive = Stuck.toLayer((what) => (what === "hang" ? Effect.never : Effect.die("no")))

const gauges = Effect.map(Testing.snapshot, (all) =>
  Object.fromEntries(Object.entries(all).filter(([text]) => /^jobs_(queue|dlq|in_flight_oldest|wait)/.test(text)))
)

it.effect("shows a queue that stands still, while the time that was waited says nothing", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    yield* within(jobs.submit(Stuck, "hang"))
    for (let n = 0; n < 3; n += 1) {
      yield* within(jobs.submit(Stuck, "hang"))
    }
    const waited = 'jobs_wait_duration_seconds{job_type="stuck",operation="process",priority="normal"}'
    const oldest = 'jobs_queue_oldest_age_seconds{job_type="stuck"}'
    const running = 'jobs_in_flight_oldest_age_seconds{job_type="stuck",operation="process",priority="normal"}'
    yield* pass(40_000, 20_000)
    const before = yield* gauges
    yield* pass(300_000, 100_000)
    const after = yield* gauges
    // The first began at once; no other has begun since, so the histogram stands still.
    expect(before[waited]).toMatchObject({ count: 1 })
    expect(after[waited]).toEqual(before[waited])
    expect(Number(after[oldest]) - Number(before[oldest])).toBeGreaterThanOrEqual(280)
    expect(Number(after[running]) - Number(before[running])).toBeGreaterThanOrEqual(280)
  }).pipe(Effect.provide(world(StuckLive, { wakeEvery: "1 hour", pollEvery: "1 hour", sampleEvery: "20 seconds" })))
)

it.effect("reads depth by state, ages and dead letters from the tables, zeros included", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    yield* pass(1000)
    const depth = ([ready, scheduled, running, retrying]: readonly [number, number, number, number]) => ({
      'jobs_queue_depth{job_type="stuck",state="ready"}': ready,
      'jobs_queue_depth{job_type="stuck",state="scheduled"}': scheduled,
      'jobs_queue_depth{job_type="stuck",state="running"}': running,
      'jobs_queue_depth{job_type="stuck",state="retrying"}': retrying
    })
    expect(yield* gauges).toEqual({
      ...depth([0, 0, 0, 0]),
      'jobs_queue_oldest_age_seconds{job_type="stuck"}': 0,
      'jobs_dlq_size{job_type="stuck"}': 0,
      'jobs_dlq_oldest_age_seconds{job_type="stuck"}': 0
    })
    yield* within(jobs.submit(Stuck, "fail"))
    yield* pass(1000)
    yield* within(jobs.submit(Stuck, "hang", { priority: "critical" }))
    yield* within(jobs.submit(Stuck, "hang"))
    yield* within(jobs.submit(Stuck, "hang", { delay: "1 day" }))
    yield* pass(6000)
    expect(yield* gauges).toMatchObject({ ...depth([1, 1, 1, 1]), 'jobs_dlq_size{job_type="stuck"}': 0 })
    const { depth: now } = jobs
    expect((yield* now).map(({ jobs: count, state }) => [state, count]).sort()).toEqual([
      ["ready", 1],
      ["retrying", 1],
      ["running", 1],
      ["scheduled", 1]
    ])
  }).pipe(Effect.provide(world(StuckLive)))
)

const Fatal = Job.make({
  type: "fatal",
  payload: Schema.Void,
  success: Schema.Void,
  error: Schema.Never,
  maxAttempts: 1
})

it.effect("shows how many dead letters there are and for how long, until they are dealt with", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    yield* within(jobs.submit(Fatal, undefined))
    yield* pass(60_000, 5000)
    const then = yield* gauges
    expect(then['jobs_dlq_size{job_type="fatal"}']).toBe(1)
    expect(Number(then['jobs_dlq_oldest_age_seconds{job_type="fatal"}'])).toBeGreaterThanOrEqual(55)
    yield* jobs.deadLetters.purge()
    yield* pass(6000)
    expect(yield* gauges).toMatchObject({
      'jobs_dlq_size{job_type="fatal"}': 0,
      'jobs_dlq_oldest_age_seconds{job_type="fatal"}': 0
    })
  }).pipe(Effect.provide(world(Fatal.toLayer(() => Effect.die("fatal")))))
)
