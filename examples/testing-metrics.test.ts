// Tests what a function counts and times: each test has its own metrics, and a clock that it moves.
// Run: npx vitest run testing-metrics.test.ts
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { deltaOf, expectDelta, layer, read } from "@parametric-portal/server/observe/testing"
import { Data, Effect, Fiber, TestClock } from "effect"

class TooLarge extends Data.TaggedError("TooLarge")<{ readonly megabytes: number }> {}

/** What is tested. */
const upload = (megabytes: number) =>
  (megabytes > 100 ? new TooLarge({ megabytes }) : Effect.sleep(`${megabytes} seconds`)).pipe(
    MetricsService.trackJob({ jobType: "upload", operation: "process" })
  )

it.effect("counts and times an upload", () =>
  Effect.gen(function* () {
    const uploaded = Effect.gen(function* () {
      const fiber = yield* Effect.fork(upload(3))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(fiber)
    })
    // All that moves, and nothing else.
    yield* expectDelta(uploaded, {
      'jobs_completed_total{job_type="upload",operation="process"}': 1,
      'jobs_processing_seconds{job_type="upload",operation="process"}': { count: 1, sum: 3 }
    })
  }).pipe(Effect.provide(layer()))
)

it.effect("counts an upload that is too large by its error", () =>
  Effect.gen(function* () {
    expect(yield* deltaOf(upload(101))).toEqual({
      'jobs_failed_total{job_type="upload",reason="TooLarge"}': 1,
      'jobs_processing_seconds{job_type="upload",operation="process",outcome="failure"}': { count: 1, sum: 0 }
    })
  }).pipe(Effect.provide(layer()))
)

it.effect("shows an upload while it runs", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* Effect.fork(upload(3))
    yield* TestClock.adjust("1 second")
    expect(yield* read(jobs.inFlight, { job_type: "upload", operation: "process" })).toBe(1)
  }).pipe(Effect.provide(layer()))
)
