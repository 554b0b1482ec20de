/** The gauges that have a source of truth: depth, ages, dead letters; and a queue that stands still. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { eventually, world } from "./world.ts"

const Stuck = Job.make({
  type: "stuck",
  payload: Schema.Literal("hang", "fail"),
  success: Schema.Void,
  error: Schema.Never,
  concurrency: 1,
  maxAttempts: 2,
  timeout: "1 day",
  backoff: { base: "1 hour", jitter: 0 }
})
const StuckLive = Stuck.toLayer((what) => (what === "hang" ? Effect.never : Effect.die("no")))

const gauges = Effect.map(Testing.snapshot, (all) =>
  Object.fromEntries(Object.entries(all).filter(([text]) => /^jobs_(queue|dlq|in_flight_oldest|wait)/.test(text)))
)

const depth = ([ready, scheduled, running, retrying]: readonly [number, number, number, number]) => ({
  'jobs_queue_depth{job_type="stuck",state="ready"}': ready,
  'jobs_queue_depth{job_type="stuck",state="scheduled"}': scheduled,
  'jobs_queue_depth{job_type="stuck",state="running"}': running,
  'jobs_queue_depth{job_type="stuck",state="retrying"}': retrying
})

it.live("shows a queue that stands still, while the time that was waited says nothing", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const first = yield* jobs.submit(Stuck, "hang")
    yield* eventually(Effect.map(jobs.status(first), ({ state }) => expect(state).toBe("running")))
    yield* Effect.forEach([1, 2, 3], () => jobs.submit(Stuck, "hang"))
    const waited = 'jobs_wait_duration_seconds{job_type="stuck",operation="process",priority="normal"}'
    const oldest = 'jobs_queue_oldest_age_seconds{job_type="stuck"}'
    const running = 'jobs_in_flight_oldest_age_seconds{job_type="stuck",operation="process",priority="normal"}'
    const before = yield* gauges
    expect(before[waited]).toMatchObject({ count: 1 })
    // As if five minutes had passed.
    yield* sql`UPDATE jobs SET due_at = due_at - 300000 WHERE state = 0`
    yield* Effect.sleep("200 millis")
    const after = yield* gauges
    // The first began at once; no other has begun since, so the histogram stands still.
    expect(after[waited]).toEqual(before[waited])
    expect(Number(after[oldest])).toBeGreaterThanOrEqual(300)
    expect(Number(after[running])).toBeGreaterThan(Number(before[running]))
  }).pipe(Effect.provide(world(StuckLive)))
)

it.live("reads depth by state, ages and dead letters from the tables, zeros included", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    yield* eventually(
      Effect.map(gauges, (now) =>
        expect(now).toEqual({
          ...depth([0, 0, 0, 0]),
          'jobs_queue_oldest_age_seconds{job_type="stuck"}': 0,
          'jobs_dlq_size{job_type="stuck"}': 0,
          'jobs_dlq_oldest_age_seconds{job_type="stuck"}': 0
        })
      )
    )
    const failing = yield* jobs.submit(Stuck, "fail")
    yield* eventually(Effect.map(jobs.status(failing), ({ state }) => expect(state).toBe("retrying")))
    const hanging = yield* jobs.submit(Stuck, "hang", { priority: "critical" })
    yield* eventually(Effect.map(jobs.status(hanging), ({ state }) => expect(state).toBe("running")))
    yield* jobs.submit(Stuck, "hang")
    yield* jobs.submit(Stuck, "hang", { delay: "1 day" })
    yield* eventually(
      Effect.map(gauges, (now) =>
        expect(now).toMatchObject({ ...depth([1, 1, 1, 1]), 'jobs_dlq_size{job_type="stuck"}': 0 })
      )
    )
    expect((yield* jobs.depth).map(({ jobs: count, state }) => [state, count]).sort()).toEqual([
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

it.live("shows how many dead letters there are and for how long, until they are dealt with", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const id = yield* jobs.submit(Fatal, undefined)
    yield* Effect.flip(jobs.awaitResult(Fatal, id))
    yield* sql`UPDATE jobs_done SET finished_at = finished_at - 60000`
    yield* eventually(
      Effect.map(gauges, (now) => {
        expect(now['jobs_dlq_size{job_type="fatal"}']).toBe(1)
        expect(Number(now['jobs_dlq_oldest_age_seconds{job_type="fatal"}'])).toBeGreaterThanOrEqual(60)
      })
    )
    yield* jobs.deadLetters.purge()
    yield* eventually(
      Effect.map(gauges, (now) =>
        expect(now).toMatchObject({
          'jobs_dlq_size{job_type="fatal"}': 0,
          'jobs_dlq_oldest_age_seconds{job_type="fatal"}': 0
        })
      )
    )
  }).pipe(Effect.provide(world(Fatal.toLayer(() => Effect.die("fatal")))))
)
