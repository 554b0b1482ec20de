/** The time of points: the wall's, later each time, and after the start of what it is the time of. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { makeWireTime } from "../../../src/observe/otlp/wire-time.ts"

it.effect("goes with the wall, never back, and comes after every start", () =>
  Effect.gen(function* () {
    const time = makeWireTime()
    const after = (start: bigint) => Effect.map(time, (timeAfter) => timeAfter(start))
    yield* TestClock.setTime(2_000)
    expect(yield* after(0n)).toBe(2_000_000_000n)
    expect(yield* after(0n)).toBe(2_000_000_001n)
    yield* TestClock.setTime(1_000)
    expect(yield* after(0n)).toBe(2_000_000_002n)
    expect(yield* after(2_500_000_000n)).toBe(2_500_000_001n)
    yield* TestClock.setTime(3_000)
    expect(yield* after(2_500_000_000n)).toBe(3_000_000_000n)
  })
)
