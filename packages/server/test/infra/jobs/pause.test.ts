import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { pause, soon } from "../../../src/infra/jobs/pause.ts"

const block = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until) {
    // Holds up the loop.
  }
}

it.live("gives the loop back between tasks of the same moment, in the order in which they came", () =>
  Effect.gen(function* () {
    const happened: Array<string> = []
    for (const name of ["first", "second", "third"]) {
      soon(() => {
        happened.push(name)
        // Due when the task ends: it goes off before the next one.
        setTimeout(() => happened.push(`a timer after the ${name}`), 1)
        block(5)
      })
    }
    yield* pause
    yield* pause
    expect(happened).toEqual([
      "first",
      "a timer after the first",
      "second",
      "a timer after the second",
      "third",
      "a timer after the third"
    ])
  })
)
