/** What is enqueued or replayed is completed, cancelled, dead-lettered or still held, whatever happens to it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

interface Job {
  readonly attempts: ReadonlyArray<"succeeds" | "fails" | "dies" | "hangs" | "moves">
  readonly maxAttempts: number
  readonly isReplayed: boolean
}

const anyJob: FastCheck.Arbitrary<Job> = FastCheck.record({
  attempts: FastCheck.array(FastCheck.constantFrom("succeeds", "fails", "dies", "hangs", "moves"), {
    minLength: 1,
    maxLength: 6
  }),
  maxAttempts: FastCheck.integer({ min: 1, max: 4 }),
  isReplayed: FastCheck.boolean()
})

const work = {
  succeeds: Effect.void,
  fails: Effect.fail("no"),
  dies: Effect.die("no"),
  hangs: Effect.never,
  moves: Effect.never
}

/** The life of a job as its runner leads it; how many of it are held at the end, and how many were dead-lettered. */
const live = ({ attempts, isReplayed, maxAttempts }: Job) =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const track = MetricsService.trackJob
    yield* track({ jobType: "j", operation: "submit" })(Effect.void)
    let failed = 0
    for (const [index, attempt] of attempts.entries()) {
      const fiber = yield* Effect.fork(
        track({
          jobType: "j",
          operation: "process",
          attempt: index + 1,
          enqueuedAt: 0,
          final: failed + 1 >= maxAttempts,
          interruption: attempt === "moves" ? "elsewhere" : "cancels"
        })(work[attempt])
      )
      yield* TestClock.adjust("1 second")
      const exit = yield* attempt === "hangs" || attempt === "moves" ? Fiber.interrupt(fiber) : Fiber.await(fiber)
      if (exit._tag === "Success" || attempt === "hangs") {
        return 0
      }
      failed += attempt === "moves" ? 0 : 1
      if (failed >= maxAttempts) {
        yield* MetricsService.inc(jobs.deadLettered, MetricsService.label({ job_type: "j", reason: "String" }))
        if (isReplayed) {
          yield* track({ jobType: "j", operation: "replay" })(Effect.void)
          return 1
        }
        return 0
      }
    }
    return 1
  })

describe("the conservation law", () => {
  it.effect.prop("holds for any lives of any jobs", [FastCheck.array(anyJob, { maxLength: 6 })], ([lives]) =>
    Effect.gen(function* () {
      const held = yield* Effect.forEach(lives, live)
      yield* Testing.expectConserved(held.filter((one) => one === 1).length)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("is seen to be broken when a completion is lost", () =>
    Effect.gen(function* () {
      yield* MetricsService.trackJob({ jobType: "j", operation: "submit" })(Effect.void)
      const error = yield* Effect.flip(Testing.expectConserved(0))
      expect([error.missing, error.byType]).toEqual([
        1,
        { j: { enqueued: 1, replays: 0, completed: 0, cancelled: 0, deadLettered: 0 } }
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )
})
