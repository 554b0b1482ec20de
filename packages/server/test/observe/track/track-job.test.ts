import { describe, expect, it } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { type JobOperation, MetricsService, type TrackJobOptions } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import type { JobWatch } from "../../../src/observe/track/job-watch.ts"

class Malformed extends Data.TaggedError("Malformed")<{ readonly reason: "Truncated" }> {}

const own = Effect.provide(Testing.layer())

/** Two seconds of work that end in each of the four ways. */
const endings = {
  success: Effect.sleep("2 seconds"),
  failure: Effect.zipRight(Effect.sleep("2 seconds"), Effect.fail(new Malformed({ reason: "Truncated" }))),
  defect: Effect.zipRight(Effect.sleep("2 seconds"), Effect.die(new RangeError("no"))),
  interrupted: Effect.zipRight(Effect.sleep("2 seconds"), Effect.interrupt)
} as const

type Ending = keyof typeof endings

const labels = (options: Pick<TrackJobOptions, "operation" | "priority">, more = "") =>
  `{job_type="digest",operation="${options.operation}"${more}${
    options.priority === undefined ? "" : `,priority="${options.priority}"`
  }}`

const run = (options: Omit<TrackJobOptions, "jobType">, ending: Ending) =>
  Testing.deltaOf(
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(MetricsService.trackJob({ jobType: "digest", ...options })(endings[ending]))
      yield* TestClock.adjust("2 seconds")
      return yield* Fiber.await(fiber)
    })
  )

const reasons: Record<Ending, string | undefined> = {
  success: undefined,
  failure: "Truncated",
  defect: "RangeError",
  interrupted: undefined
}

const successCounters: Record<JobOperation, string> = {
  submit: "jobs_enqueued_total",
  process: "jobs_completed_total",
  cancel: "jobs_cancelled_total",
  replay: "jobs_replayed_total"
}

const operations: ReadonlyArray<JobOperation> = ["submit", "process", "cancel", "replay"]
const every: ReadonlyArray<readonly [JobOperation, Ending]> = operations.flatMap((operation) =>
  (["success", "failure", "defect", "interrupted"] as const).map((ending) => [operation, ending] as const)
)

/** The table of the reference for a call with nothing but a type and an operation, written out. */
const table = (operation: JobOperation, ending: Ending): Testing.Delta => {
  const timed = ending === "success" ? labels({ operation }) : labels({ operation }, `,outcome="${ending}"`)
  const reason = reasons[ending]
  return {
    [`jobs_processing_seconds${timed}`]: { count: 1, sum: 2 },
    ...(ending === "success" ? { [`${successCounters[operation]}${labels({ operation })}`]: 1 } : {}),
    ...(reason === undefined ? {} : { [`jobs_failed_total{job_type="digest",reason="${reason}"}`]: 1 }),
    ...(ending === "interrupted" && operation === "process"
      ? { [`jobs_cancelled_total${labels({ operation })}`]: 1 }
      : {})
  }
}

// `outcome` sorts between `operation` and `priority`, as the text of a series has its labels by name.
describe("trackJob", () => {
  it.effect.each(every)("moves what the table says: %s, %s", ([operation, ending]) =>
    Effect.gen(function* () {
      expect(yield* run({ operation }, ending)).toEqual(table(operation, ending))
    }).pipe(own)
  )

  it.effect.each(every)("moves the same when it is given the effect first: %s, %s", ([operation, ending]) =>
    Effect.gen(function* () {
      const delta = yield* Testing.deltaOf(
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(MetricsService.trackJob(endings[ending], { jobType: "digest", operation }))
          yield* TestClock.adjust("2 seconds")
          return yield* Fiber.await(fiber)
        })
      )
      expect(delta).toEqual(table(operation, ending))
    }).pipe(own)
  )

  it.effect("keeps value and error of the effect that it is given first", () =>
    Effect.gen(function* () {
      const options = { jobType: "digest", operation: "process" } as const
      const value = yield* MetricsService.trackJob(Effect.succeed("value"), options)
      const error = yield* Effect.flip(MetricsService.trackJob(Effect.fail("error"), options))
      expect([value, error]).toEqual(["value", "error"])
    }).pipe(own)
  )

  it.effect.each(every)("leaves the gauges of what is in flight at zero: %s, %s", ([operation, ending]) =>
    Effect.gen(function* () {
      yield* run({ operation, priority: "high" }, ending)
      const values = yield* Testing.snapshot
      const gauges = Object.entries(values).filter(([text]) => text.startsWith("jobs_in_flight"))
      expect(gauges.map(([, value]) => value)).toEqual(operation === "process" ? [0, 0] : [0])
    }).pipe(own)
  )

  it.effect.each(operations)("shows what is in flight while it is: %s", (operation) =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const fiber = yield* Effect.fork(
        MetricsService.trackJob({ jobType: "digest", operation, priority: "low" })(Effect.never)
      )
      yield* TestClock.adjust("1 second")
      expect(yield* Testing.read(jobs.inFlight, { job_type: "digest", operation, priority: "low" })).toBe(1)
      yield* Fiber.interrupt(fiber)
      expect(yield* Testing.read(jobs.inFlight, { job_type: "digest", operation, priority: "low" })).toBe(0)
    }).pipe(own)
  )

  it.effect("of a process times wait and duration when it knows when the job was accepted", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("10 seconds")
      const delta = yield* run({ operation: "process", enqueuedAt: 3000, attempt: 1, priority: "high" }, "success")
      const series = `{job_type="digest",operation="process",priority="high"}`
      expect(delta).toEqual({
        [`jobs_completed_total${series}`]: 1,
        [`jobs_duration_seconds${series}`]: { count: 1, sum: 9 },
        [`jobs_processing_seconds${series}`]: { count: 1, sum: 2 },
        [`jobs_wait_duration_seconds${series}`]: { count: 1, sum: 7 }
      })
    }).pipe(own)
  )

  it.effect("takes deliberate delay off the wait, and not off the duration", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("10 seconds")
      const delta = yield* run({ operation: "process", enqueuedAt: 3000, deliverAt: 9500 }, "success")
      expect(delta[`jobs_wait_duration_seconds${labels({ operation: "process" })}`]).toEqual({ count: 1, sum: 0.5 })
      expect(delta[`jobs_duration_seconds${labels({ operation: "process" })}`]).toEqual({ count: 1, sum: 9 })
    }).pipe(own)
  )

  it.effect("never waits a negative time when the clocks of two machines disagree", () =>
    Effect.gen(function* () {
      const delta = yield* run({ operation: "process", enqueuedAt: 60_000 }, "success")
      expect(delta[`jobs_wait_duration_seconds${labels({ operation: "process" })}`]).toEqual({ count: 1, sum: 0 })
      expect(delta[`jobs_duration_seconds${labels({ operation: "process" })}`]).toEqual({ count: 1, sum: 0 })
    }).pipe(own)
  )

  it.effect("refuses a time that never was, whatever it is called", () =>
    Effect.gen(function* () {
      yield* MetricsService.trackJob({
        jobType: "digest",
        operation: "process",
        enqueuedAt: Number.POSITIVE_INFINITY
      })(Effect.void)
      const now = yield* Testing.snapshot
      expect(now[`telemetry_points_dropped_total{reason="non_finite"}`]).toBe(2)
      expect(now[`jobs_completed_total{job_type="digest",operation="process"}`]).toBe(1)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("refuses a time that is not a number, counts that, and times the rest", () =>
    Effect.gen(function* () {
      const delta = yield* run({ operation: "process", enqueuedAt: Number.NaN }, "success")
      expect(delta).toEqual({
        ...table("process", "success"),
        [`telemetry_points_dropped_total{reason="non_finite"}`]: 2
      })
    }).pipe(own)
  )

  it.effect.each(["failure", "defect"] as const)("times the duration of a %s only when it is final", (ending) =>
    Effect.gen(function* () {
      const duration = `jobs_duration_seconds${labels({ operation: "process" })}`
      const retried = yield* run({ operation: "process", enqueuedAt: 0 }, ending)
      const final = yield* run({ operation: "process", enqueuedAt: 2000, final: true }, ending)
      expect([retried[duration], final[duration]]).toEqual([undefined, { count: 1, sum: 2 }])
    }).pipe(own)
  )

  it.effect("counts a retry when an attempt after the first begins, whatever becomes of it", () =>
    Effect.gen(function* () {
      const retries = `jobs_retried_total${labels({ operation: "process" })}`
      const deltas = yield* Effect.forEach([1, 2, 3], (attempt) => run({ operation: "process", attempt }, "failure"))
      const submitted = yield* run({ operation: "submit", attempt: 2 }, "success")
      expect([...deltas, submitted].map((delta) => delta[retries])).toEqual([undefined, 1, 1, undefined])
    }).pipe(own)
  )

  it.effect("does not count an interruption that is accounted for elsewhere", () =>
    Effect.gen(function* () {
      const delta = yield* run({ operation: "process", interruption: "elsewhere" }, "interrupted")
      expect(delta).toEqual({
        [`jobs_processing_seconds${labels({ operation: "process" }, `,outcome="interrupted"`)}`]: { count: 1, sum: 2 }
      })
    }).pipe(own)
  )

  it.effect("leaves a label without a value away", () =>
    Effect.gen(function* () {
      const delta = yield* run({ operation: "submit", priority: undefined }, "success")
      expect(Object.keys(delta)).toEqual([
        `jobs_enqueued_total{job_type="digest",operation="submit"}`,
        `jobs_processing_seconds{job_type="digest",operation="submit"}`
      ])
    }).pipe(own)
  )

  it.effect("says how long the longest-running process has run, read when it is asked", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const oldest = Testing.read(jobs.inFlightOldestAge, { job_type: "digest", operation: "process" })
      const start = Effect.fork(MetricsService.trackJob({ jobType: "digest", operation: "process" })(Effect.never))
      const first = yield* start
      yield* TestClock.adjust("10 seconds")
      const second = yield* start
      yield* TestClock.adjust("5 seconds")
      const ages = [yield* oldest]
      yield* Fiber.interrupt(first)
      ages.push(yield* oldest)
      yield* Fiber.interrupt(second)
      ages.push(yield* oldest)
      expect(ages).toEqual([15, 5, 0])
    }).pipe(own)
  )

  it.effect("knows what runs whichever instance of the service on a registry tracks it", () =>
    Effect.gen(function* () {
      const { registry } = yield* MetricsService
      const again = MetricsService.layer({ registry })
      yield* Effect.fork(MetricsService.trackJob({ jobType: "digest", operation: "process" })(Effect.never))
      yield* TestClock.adjust("10 seconds")
      const age = yield* Effect.flatMap(MetricsService, ({ jobs }) =>
        Testing.read(jobs.inFlightOldestAge, { job_type: "digest", operation: "process" })
      ).pipe(Effect.provide(again))
      expect(age).toBe(10)
    }).pipe(own)
  )

  it.effect("counts nothing for an effect that is interrupted before it starts", () =>
    Effect.gen(function* () {
      const delta = yield* Testing.deltaOf(
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(
            MetricsService.trackJob({ jobType: "digest", operation: "process" })(Effect.never)
          )
          return yield* Fiber.interrupt(fiber)
        })
      )
      expect(delta).toEqual({})
    }).pipe(own)
  )

  it.effect("times by a clock that does not jump when the wall clock is set", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.clockWith(Effect.succeed)
      let wallMs = 1_000_000
      const jumping: Clock.Clock = Object.assign(Object.create(clock), { unsafeCurrentTimeMillis: () => wallMs })
      const work = Effect.sync(() => {
        wallMs -= 500_000
      })
      yield* MetricsService.trackJob({ jobType: "digest", operation: "process" })(work).pipe(Effect.withClock(jumping))
      expect((yield* Testing.snapshot)[`jobs_processing_seconds${labels({ operation: "process" })}`]).toMatchObject({
        count: 1,
        sum: 0
      })
    }).pipe(own)
  )
})

describe("a watch that is begun by hand", () => {
  const watched = (end: (watch: JobWatch) => void) =>
    Testing.deltaOf(
      Effect.gen(function* () {
        const { jobTracker } = yield* MetricsService
        const watch = jobTracker.watch({ jobType: "digest", operation: "process", enqueuedAt: 0 })
        yield* TestClock.adjust("2 seconds")
        end(watch)
      })
    )
  const process = (more = "") => `jobs_processing_seconds{job_type="digest",operation="process"${more}}`
  const wait = { [`jobs_wait_duration_seconds{job_type="digest",operation="process"}`]: { count: 1, sum: 0 } }

  it.effect("that ends uncounted is timed as interrupted, and is no cancellation", () =>
    Effect.gen(function* () {
      const moved = yield* watched((watch) => watch.endUncounted())
      expect(moved).toEqual({ ...wait, [process(',outcome="interrupted"')]: { count: 1, sum: 2 } })
    }).pipe(own)
  )

  it.effect("counts the duration of a failure only if it is said to be final", () =>
    Effect.gen(function* () {
      for (const isFinal of [false, true]) {
        const moved = yield* watched((watch) =>
          watch.count({ _tag: "failure", error: new Malformed({ reason: "Truncated" }) }, isFinal)
        )
        const duration = Object.keys(moved).filter((series) => series.startsWith("jobs_duration_seconds"))
        expect([isFinal, duration.length]).toEqual([isFinal, isFinal ? 1 : 0])
      }
    }).pipe(own)
  )

  it.effect("is timed to when it stopped, and counted when it is said to be", () =>
    Effect.gen(function* () {
      const { jobTracker } = yield* MetricsService
      const options = { jobType: "digest", operation: "process", enqueuedAt: 0 } as const
      const watch = jobTracker.watch(options)
      yield* TestClock.adjust("2 seconds")
      watch.stop()
      yield* TestClock.adjust("3 seconds")
      const meanwhile = yield* Testing.snapshot
      expect(meanwhile[process()]).toMatchObject({ count: 0 })
      expect(meanwhile[`jobs_in_flight${labels({ operation: "process" })}`]).toBe(0)
      expect(meanwhile[`jobs_in_flight_oldest_age_seconds${labels({ operation: "process" })}`]).toBe(0)
      watch.stop()
      watch.count({ _tag: "success" }, false, 3)
      const now = yield* Testing.snapshot
      expect(now[process()]).toMatchObject({ count: 1, sum: 2 })
      expect(now[`jobs_duration_seconds${labels({ operation: "process" })}`]).toMatchObject({ count: 1, sum: 2 })
      expect(now[`jobs_attempts${labels({ operation: "process" })}`]).toMatchObject({ count: 1, sum: 3 })
      expect(now[`jobs_in_flight${labels({ operation: "process" })}`]).toBe(0)
    }).pipe(own)
  )
})
