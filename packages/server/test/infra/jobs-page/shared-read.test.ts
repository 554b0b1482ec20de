/** Numbers that cost much are read once for all who ask. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { sharedRead } from "../../../src/infra/jobs-page/shared-read.ts"

/** A read that takes so long and gives its number. */
const counting = (ms: number) => {
  const reads = { begun: 0, ended: 0 }
  const read = Effect.suspend(() => {
    reads.begun += 1
    const number = reads.begun
    return Effect.delay(
      Effect.sync(() => {
        reads.ended += 1
        return number
      }),
      ms
    )
  })
  return { reads, ...sharedRead(read) }
}

it.effect("reads once for all who ask at the same time", () =>
  Effect.gen(function* () {
    const { get, reads } = counting(100)
    const asked = yield* Effect.fork(
      Effect.all(
        Array.from({ length: 50 }, () => get),
        { concurrency: "unbounded" }
      )
    )
    yield* TestClock.adjust(100)
    expect(new Set(yield* Fiber.join(asked))).toEqual(new Set([1]))
    expect(reads).toEqual({ begun: 1, ended: 1 })
  })
)

it.effect("reads again after a second, or after four times as long as the read took", () =>
  Effect.gen(function* () {
    for (const [took, until] of [
      [100, 1000],
      [2000, 8000]
    ] as const) {
      const { get, reads } = counting(took)
      yield* Effect.fork(get)
      yield* TestClock.adjust(took)
      yield* TestClock.adjust(until - 1)
      expect(yield* get).toBe(1)
      yield* TestClock.adjust(1)
      yield* Effect.fork(get)
      yield* TestClock.adjust(took)
      expect(reads.ended).toBe(2)
    }
  })
)

it.effect("goes on where whoever asked first goes away", () =>
  Effect.gen(function* () {
    const { get, reads } = counting(100)
    const first = yield* Effect.fork(get)
    yield* TestClock.adjust(50)
    yield* Fiber.interrupt(first)
    const second = yield* Effect.fork(get)
    yield* TestClock.adjust(50)
    expect(yield* Fiber.join(second)).toBe(1)
    expect(reads).toEqual({ begun: 1, ended: 1 })
  })
)

it.effect("reads anew after a change, also while an older read is under way", () =>
  Effect.gen(function* () {
    const { get, renew } = counting(100)
    const older = yield* Effect.fork(get)
    yield* TestClock.adjust(50)
    const newer = yield* Effect.fork(renew)
    yield* TestClock.adjust(100)
    expect([yield* Fiber.join(older), yield* Fiber.join(newer), yield* get]).toEqual([1, 2, 2])
  })
)

it.effect("keeps no failure", () =>
  Effect.gen(function* () {
    let isAway = true
    const { get } = sharedRead(Effect.suspend(() => (isAway ? Effect.fail("away") : Effect.succeed("there"))))
    expect(yield* Effect.flip(get)).toBe("away")
    isAway = false
    expect(yield* get).toBe("there")
  })
)
