import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import { backoffSettings, pauseAfter } from "../../../../src/infra/jobs/definition/backoff.ts"

it("grows by its factor up to its limit", () => {
  const settings = backoffSettings({ base: "1 second", factor: 3, max: "20 seconds", jitter: 0 })
  expect([1, 2, 3, 4, 5].map((attempt) => pauseAfter(attempt, settings, 0.5))).toEqual([
    1000, 3000, 9000, 20_000, 20_000
  ])
})

it("leaves a part of each pause to chance", () => {
  const settings = backoffSettings({ base: "10 seconds", jitter: 0.5 })
  expect([0, 0.5, 1].map((chance) => pauseAfter(1, settings, chance))).toEqual([10_000, 7500, 5000])
})

it("waits for nothing where the base is zero, whatever the rest", () => {
  for (const factor of [0, 1, 2, Number.MAX_VALUE]) {
    for (const attempt of [1, 2, 1000, 1_000_000]) {
      const settings = backoffSettings({ base: 0, factor, max: Duration.infinity })
      expect([factor, attempt, pauseAfter(attempt, settings, 0.3)]).toEqual([factor, attempt, 0])
    }
  }
})

it("is always a number of milliseconds that can be added to a time", () => {
  const times = FastCheck.oneof(FastCheck.double({ min: 0, noNaN: true }), FastCheck.constant(Number.POSITIVE_INFINITY))
  FastCheck.assert(
    FastCheck.property(
      FastCheck.record({
        base: times,
        max: times,
        factor: FastCheck.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        jitter: FastCheck.double({ min: 0, max: 1, noNaN: true })
      }),
      FastCheck.integer({ min: 1, max: 1_000_000 }),
      FastCheck.double({ min: 0, max: 1, noNaN: true }),
      (options, attempt, chance) => {
        const pause = pauseAfter(attempt, backoffSettings(options), chance)
        expect(Number.isSafeInteger(pause) && pause >= 0 && pause <= 3_155_760_000_000).toBe(true)
      }
    )
  )
})
