import { expect, it } from "vitest"
import { answerOf } from "../../src/record/answer.ts"

it("an answer has a value for each step, rounded, in the order of its labels", () => {
  const found = [
    { metric: { state: "b", job: "shop" }, values: [[100, "1.23456"] as const, [110, "NaN"] as const] },
    { metric: { __name__: "up", job: "shop", state: "a" }, values: [[105, "12345.6"] as const, [110, "0"] as const] }
  ]
  expect(answerOf("depth", found, { start: 100, end: 110, step: 5 })).toEqual({
    query: "depth",
    series: [
      { labels: { job: "shop", state: "a" }, values: [null, 12350, 0] },
      { labels: { job: "shop", state: "b" }, values: [1.235, null, null] }
    ]
  })
})
