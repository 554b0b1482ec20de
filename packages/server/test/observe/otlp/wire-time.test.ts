/** The time of points: the wall's, later each time, and never that of a clock that was wrong for a moment. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { makeWireTime } from "../../../src/observe/otlp/wire-time.ts"

it.effect("goes with the wall, waits for one that is set back a little, and follows one that was wrong", () =>
  Effect.gen(function* () {
    const time = makeWireTime()
    yield* TestClock.setTime(2_000)
    expect(yield* time).toBe(2_000_000_000n)
    expect(yield* time).toBe(2_001_000_000n)
    yield* TestClock.setTime(1_000)
    expect(yield* time).toBe(2_002_000_000n)
    yield* TestClock.setTime(3_000)
    expect(yield* time).toBe(3_000_000_000n)
    yield* TestClock.setTime(3_000 + 365 * 86_400_000)
    expect(yield* time).toBe(31_536_003_000_000_000n)
    yield* TestClock.setTime(4_000)
    expect(yield* time).toBe(4_000_000_000n)
  })
)
