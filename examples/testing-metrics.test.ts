// Tests what a function counts and times: each test has its own metrics, and a clock that it moves.
// Run: npx vitest run testing-metrics.test.ts
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import {
  atZero,
  eventually,
  expectConserved,
  expectDelta,
  layer,
  lint,
  prometheusText,
  read,
  total
} from "@parametric-portal/server/observe/testing"
import { Data, Effect, Exit, Fiber, TestClock } from "effect"

class TooLarge extends Data.TaggedError("TooLarge")<{ readonly megabytes: number }> {}

/** What is tested. */
const upload = (megabytes: number) =>
  (megabytes > 100 ? new TooLarge({ megabytes }) : Effect.sleep(`${megabytes} seconds`)).pipe(
    Effect.as(`${megabytes} MB`),
    MetricsService.trackJob({ jobType: "upload", operation: "process" })
  )

/** It, while the test's clock moves on. */
const uploaded = (megabytes: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(upload(megabytes))
    yield* TestClock.adjust(`${megabytes} seconds`)
    return yield* Fiber.join(fiber)
  })

it.effect("counts and times an upload", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const value = yield* expectDelta(
      uploaded(3),
      [
        [jobs.completions, { job_type: "upload" }, 1],
        [jobs.processingSeconds, { job_type: "upload", outcome: undefined }, { count: 1, sum: 3, buckets: { 10: 1 } }],
        [jobs.inFlight, { job_type: "upload" }, atZero]
      ],
      { nothingElse: true }
    )
    expect(value).toBe("3 MB")
  }).pipe(Effect.provide(layer()))
)

it.effect("counts an upload that is too large by its error", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    // A failure comes through and ends the test, unless it is made a value.
    const exit = yield* expectDelta(Effect.exit(upload(101)), [
      [jobs.failures, { job_type: "upload", reason: "TooLarge" }, 1],
      [jobs.completions, { job_type: "upload" }, 0]
    ])
    expect(exit).toEqual(Exit.fail(new TooLarge({ megabytes: 101 })))
  }).pipe(Effect.provide(layer()))
)

it.effect("shows an upload while it runs, and waits for its end", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* Effect.fork(upload(3))
    yield* TestClock.adjust("1 second")
    expect(yield* read(jobs.inFlight, { job_type: "upload", operation: "process" })).toBe(1)
    // Moves the test's clock on between two reads.
    yield* eventually(total(jobs.completions, { job_type: "upload" }), (completed) => completed === 1)
  }).pipe(Effect.provide(layer()))
)

it.effect("loses no upload", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* MetricsService.inc(jobs.enqueued, { job_type: "upload" }, 2)
    yield* uploaded(1)
    yield* expectConserved(1, { jobType: "upload" })
  }).pipe(Effect.provide(layer()))
)

it.effect("looks to Prometheus as it did", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* uploaded(3)
    expect(yield* prometheusText({ only: [jobs.completions, jobs.inFlight] })).toMatchInlineSnapshot(`
      "# HELP jobs_completed_total Jobs completed: a process succeeded.
      # TYPE jobs_completed_total counter
      jobs_completed_total{job_type="upload",operation="process"} 1
      # HELP jobs_in_flight Job operations running on this runner; back to 0 after every outcome.
      # TYPE jobs_in_flight gauge
      jobs_in_flight{job_type="upload",operation="process"} 0
      "
    `)
  }).pipe(Effect.provide(layer()))
)

it.effect("has metrics that promtool has nothing to say against", () =>
  Effect.gen(function* () {
    yield* Effect.exit(upload(101))
    const { registry } = yield* MetricsService
    expect(yield* lint(registry)).toEqual([])
  }).pipe(Effect.provide(layer()))
)
