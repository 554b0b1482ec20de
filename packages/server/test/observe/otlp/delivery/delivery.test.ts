/** The delivery matrix, with application and receiver in processes of their own. docs/guides/delivery.md has its table. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { matrix } from "./matrix.ts"
import { playAll, tableOf } from "./run.ts"
import type { Result } from "./scenario.ts"

describe("what was counted", () => {
  let results: ReadonlyArray<Result> = []

  beforeAll(async () => {
    const played = await Effect.runPromise(playAll)
    results = played.map(({ result }) => result)
  }, 240_000)

  afterAll(() => {
    process.stdout.write(`\n${tableOf(results)}\n\n`)
  })

  it("is known of at least twelve scenarios", () => {
    expect(results.length).toBe(matrix.length)
    expect(results.length).toBeGreaterThanOrEqual(12)
  })

  for (const { expect: expected, name, signal } of matrix) {
    it(`arrives as it should: ${name} -> ${expected.acknowledged}`, () => {
      const result = results.find((one) => one.name === name)
      expect(result?.violations).toEqual([])
      expect({ acknowledged: wordFor(result), log: lastWord(result) }).toEqual({
        acknowledged: expected.acknowledged,
        log:
          signal === "SIGKILL"
            ? "nothing"
            : expected.acknowledged === "everything"
              ? "acknowledged"
              : "not acknowledged"
      })
      expect(result?.exitMs).toBeLessThan(expected.withinMs)
    })
  }
})

const wordFor = (result: Result | undefined) =>
  result === undefined || result.counted === 0
    ? "it was not played"
    : result.acknowledged === result.counted
      ? "everything"
      : result.acknowledged === 0
        ? "nothing"
        : "all but the end"

const lastWord = (result: Result | undefined) =>
  /The final export to \S+ was ((?:not )?acknowledged)/.exec(result?.said ?? "")?.[1] ?? "nothing"
