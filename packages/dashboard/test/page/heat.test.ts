import { describe, expect, it } from "vitest"
import { bucketsShown, positionOf } from "../../src/page/charts/heat.ts"

describe("heat map", () => {
  it("shows the buckets that have values, and one on each side", () => {
    const columns = [
      { time: 0, counts: [0, 0, 3, 0, 0, 0] },
      { time: 1, counts: [0, 0, 0, 1, 0, 0] }
    ]
    expect(bucketsShown({ bounds: [1, 2, 3, 4, 5], columns })).toEqual({ first: 1, end: 5 })
    expect(bucketsShown({ bounds: [1, 2], columns: [] })).toEqual({ first: 0, end: 3 })
  })

  it("has a value in its bucket, as far up as it is between the bounds", () => {
    expect([0.5, 1, 1.5, 4, 99, -1].map((value) => positionOf([1, 2, 6], value))).toEqual([0.5, 1, 1.5, 2.5, 3.5, 0])
  })
})
