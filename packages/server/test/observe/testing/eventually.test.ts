import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const is = (wanted: unknown) => (value: unknown) => value === wanted

describe("eventually", () => {
  it.effect("moves a test clock on, so that what waits for time goes on and nothing is forked by hand", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Effect.fork(Effect.delay(MetricsService.inc(jobs.completions, { job_type: "mail" }), "2 seconds"))
      const read = Testing.total(jobs.completions, { job_type: "mail" })
      expect(yield* Testing.eventually(read, is(1), { every: "250 millis" })).toBe(1)
      expect(yield* Clock.currentTimeMillis).toBeLessThanOrEqual(2_500)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("returns what is so already without moving the clock", () =>
    Effect.gen(function* () {
      expect(yield* Testing.eventually(Effect.succeed(1), is(1))).toBe(1)
      expect(yield* Clock.currentTimeMillis).toBe(0)
    })
  )

  it.effect("returns what is so already also where there is no time to wait", () =>
    Effect.gen(function* () {
      expect(yield* Testing.eventually(Effect.succeed(1), is(1), { within: 0 })).toBe(1)
      const error = yield* Effect.flip(Testing.eventually(Effect.succeed(1), is(2), { within: 0 }))
      expect(error.message).toBe("not the expected value within 0: read once, last 1")
    })
  )

  it.effect("fails after the deadline with the last value", () =>
    Effect.gen(function* () {
      const reads = yield* Ref.make(0)
      const error = yield* Effect.flip(
        Testing.eventually(
          Ref.updateAndGet(reads, (count) => count + 1),
          () => false,
          { every: "1 second", within: "3500 millis" }
        )
      )
      expect([error._tag, error.last, error.reads]).toEqual(["NotReached", 4, 4])
      expect(error.message).toBe("not the expected value within 3s 500ms: read 4 times, last 4")
    })
  )

  it.effect("fails after the deadline where a read never ends", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Testing.eventually(Effect.never, () => true, { every: "1 second" }))
      expect(error.message).toBe("nothing could be read within 5s: the first read did not end")
    })
  )

  it.effect("comes to the deadline also where nothing is between two reads", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Testing.eventually(Effect.succeed(1), () => false, { every: 0, within: "150 millis" })
      )
      expect(error.message).toBe("not the expected value within 150ms: read 4 times, last 1")
    })
  )

  it.effect("ends with a read that fails or dies", () =>
    Effect.gen(function* () {
      expect(yield* Effect.exit(Testing.eventually(Effect.fail("gone"), () => true))).toEqual(Exit.fail("gone"))
      expect(yield* Effect.exit(Testing.eventually(Effect.die("BUG"), () => true))).toEqual(Exit.die("BUG"))
    })
  )

  it.effect("can be forked beside a clock that the test moves", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Effect.fork(Effect.delay(Metric.update(jobs.duration, Duration.seconds(1)), "1 minute"))
      const fiber = yield* Effect.fork(
        Testing.eventually(Testing.countSeries(jobs.duration), is(1), { within: "2 minutes", every: "30 seconds" })
      )
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toBe(1)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("waits in real time beside a test clock where the live services are provided", () =>
    Effect.gen(function* () {
      const waiting = Testing.eventually(Effect.succeed(1), is(2), { within: "20 millis", every: "5 millis" })
      const error = yield* Effect.flip(TestServices.provideLive(waiting))
      expect([error._tag, error.last, yield* Clock.currentTimeMillis]).toEqual(["NotReached", 1, 0])
    })
  )

  it.live("waits in real time where the clock is real", () =>
    Effect.gen(function* () {
      const ready = yield* Ref.make(false)
      yield* Effect.fork(Effect.delay(Ref.set(ready, true), "20 millis"))
      expect(yield* Testing.eventually(Ref.get(ready), is(true), { every: "5 millis" })).toBe(true)
      const error = yield* Effect.flip(
        Testing.eventually(Effect.succeed({ job: "mail" }), () => false, { every: "5 millis", within: "20 millis" })
      )
      expect(error.last).toEqual({ job: "mail" })
    })
  )
})
