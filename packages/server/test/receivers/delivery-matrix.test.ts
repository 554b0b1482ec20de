/** The delivery matrix, with application and receiver in processes of their own. docs/guides/delivery.md has its table for HTTP. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { matrix } from "../observe/otlp/delivery/matrix.ts"
import { playAll, tableOf } from "../observe/otlp/delivery/run.ts"
import { type Delivered, type Result, type Signal, signals } from "../observe/otlp/delivery/scenario.ts"

describe.each(["http", "grpc"] as const)("what was counted, over %s", (protocol) => {
  let results: ReadonlyArray<Result> = []

  beforeAll(async () => {
    const played = await Effect.runPromise(playAll(protocol))
    results = played.map(({ result }) => result)
  }, 240_000)

  afterAll(() => {
    process.stdout.write(`\n${tableOf(results)}\n\n`)
  })

  it("is known of at least twelve scenarios", () => {
    expect(results.length).toBe(matrix.length)
    expect(results.length).toBeGreaterThanOrEqual(12)
  })

  for (const { expect: expected, name, signal: ending } of matrix) {
    it(`arrives as it should: ${name} -> ${expected.acknowledged}`, () => {
      const result = results.find((one) => one.name === name)
      expect(result?.violations).toEqual([])
      expect(signals.map((signal) => [signal, wordFor(result?.[signal]), lastWord(result, signal)])).toEqual(
        signals.map((signal) => [
          signal,
          expected.acknowledged,
          ending === "SIGKILL"
            ? "nothing"
            : expected.acknowledged === "everything"
              ? "acknowledged"
              : "not acknowledged"
        ])
      )
      expect(result?.exitMs).toBeLessThan(expected.withinMs)
    })
  }
})

const wordFor = (delivered: Delivered | undefined) =>
  delivered === undefined || delivered.counted === 0
    ? "it was not played"
    : delivered.acknowledged === delivered.counted
      ? "everything"
      : delivered.acknowledged === 0
        ? "nothing"
        : "all but the end"

const lastWord = (result: Result | undefined, signal: Signal) => {
  const said = result?.said ?? []
  const subject = `The final export ${signal === "metrics" ? "" : `of ${signal} `}to `
  const line = said.filter((one) => one.includes(subject)).at(-1)
  // What is refused for its content is dropped, which has a line of its own.
  const isRefused = said.some((one) => one.toLowerCase().includes(`${signal} are dropped (refused)`))
  return line === undefined
    ? "nothing"
    : isRefused || line.includes("was not acknowledged")
      ? "not acknowledged"
      : "acknowledged"
}
