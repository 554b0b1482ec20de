/** How often a read is made that takes its time. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { seldom } from "../../../src/infra/jobs/seldom.ts"

/** How often a read of so many milliseconds is made that is asked for every second of a minute. */
const readsOf = (ms: number) =>
  Effect.gen(function* () {
    let reads = 0
    const read = yield* seldom(
      Effect.delay(
        Effect.sync(() => (reads += 1)),
        ms
      )
    )
    const asked = yield* Effect.fork(Effect.forever(Effect.zipRight(read, Effect.sleep("1 second"))))
    for (let second = 0; second < 600; second += 1) {
      yield* TestClock.adjust("100 millis")
    }
    return [reads, asked.unsafePoll()]
  })

it.effect("is made whenever it is asked for where it is quick, and takes a twentieth of the time where it is not", () =>
  Effect.gen(function* () {
    expect(yield* readsOf(0)).toEqual([61, null])
    expect(yield* readsOf(1000)).toEqual([3, null])
  })
)

it.effect("gives what it found last, and its error at once", () =>
  Effect.gen(function* () {
    let reads = 0
    const read = yield* seldom(
      Effect.delay(
        Effect.suspend(() => ((reads += 1) === 3 ? Effect.fail("third") : Effect.succeed(reads))),
        "1 second"
      )
    )
    const found: Array<unknown> = []
    const asked = Effect.repeatN(
      Effect.zipRight(
        Effect.map(Effect.merge(read), (value) => found.push(value)),
        Effect.sleep("10 seconds")
      ),
      5
    )
    yield* Effect.fork(asked)
    yield* TestClock.adjust("2 minutes")
    expect(found).toEqual([1, 1, 2, 2, "third", 4])
  })
)
