// Tests what a function counts and times: each test has its own metrics, and a clock that it moves.
// Run: npx vitest run testing-metrics.test.ts
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { atZero, eventually, expectDelta, layer, read, total } from "@parametric-portal/server/observe/testing"
import { Data, Effect, Exit, Fiber, TestClock } from "effect"

class TooLarge extends Data.TaggedError("TooLarge")<{ readonly megabytes: number }> {}

/** What is tested. */
const upload = (megabytes: number) =>
  (megabytes > 100 ? new TooLarge({ megabytes }) : Effect.sleep(`${megabytes} seconds`)).pipe(
    Effect.as(`${megabytes} MB`),
    MetricsService.trackJob({ jobType: "upload", operation: "process" })
  )

it.effect("counts and times an upload", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const uploaded = Effect.gen(function* () {
      const fiber = yield* Effect.fork(upload(3))
      yield* TestClock.adjust("3 seconds")
      return yield* Fiber.join(fiber)
    })
    const selected = { job_type: "upload", outcome: undefined } as const
    const value = yield* expectDelta(
      uploaded,
      [
        [jobs.completions, { job_type: "upload" }, 1],
        [jobs.processingSeconds, selected, { count: 1, sum: 3, buckets: { 10: 1 } }],
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
    const exit = yield* expectDelta(Effect.exit(upload(101)), [[jobs.failures, { reason: "TooLarge" }, 1]])
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
