import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { submitWhileWatched } from "../../../src/demo/page/watched-load.ts"

describe("the load of a page that is open", () => {
  it.scoped("begins and ends with it, and says when it has ended", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      let isWatched = false
      yield* submitWhileWatched({
        isWatched: () => isWatched,
        files: ["a"],
        submit: (files) => Effect.sync(() => seen.push(...files)),
        afterwards: Effect.sync(() => seen.push("end"))
      })
      yield* TestClock.adjust("2 seconds")
      expect(seen).toEqual([])
      isWatched = true
      yield* TestClock.adjust("500 millis")
      isWatched = false
      yield* TestClock.adjust("10 seconds")
      expect(seen).toEqual(["a", "a", "end"])
    })
  )

  it.scoped("goes on after a submission that failed", () =>
    Effect.gen(function* () {
      let submitted = 0
      yield* submitWhileWatched({
        isWatched: () => true,
        files: ["a"],
        submit: () => Effect.suspend(() => Effect.fail((submitted += 1))),
        afterwards: Effect.void
      })
      yield* TestClock.adjust("500 millis")
      expect(submitted).toBe(3)
    })
  )
})
