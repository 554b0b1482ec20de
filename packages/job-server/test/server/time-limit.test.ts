import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { within } from "../../src/server/time-limit.ts"

const ended = (effect: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("1 second")
    return Option.isSome(yield* Fiber.poll(fiber))
  })

describe("a wait with a limit", () => {
  it.effect("ends in a finalizer, where a plain timeout would wait for ever", () =>
    Effect.gen(function* () {
      let waited: Option.Option<unknown> | undefined
      const wait = Effect.map(within(Effect.never, "300 millis"), (found) => (waited = found))
      expect(yield* ended(Effect.scoped(Effect.addFinalizer(() => wait)))).toBe(true)
      expect(waited).toEqual(Option.none())
    })
  )

  it.effect("does not wait for what ignores its interruption", () =>
    Effect.gen(function* () {
      expect(yield* ended(within(Effect.uninterruptible(Effect.never), "300 millis"))).toBe(true)
    })
  )

  it.effect("gives what comes in time", () =>
    Effect.gen(function* () {
      expect(yield* within(Effect.succeed(1), "300 millis")).toEqual(Option.some(1))
    })
  )
})
