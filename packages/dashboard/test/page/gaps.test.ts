import { describe, expect, it } from "vitest"
import { gapsOf, longestBetween } from "../../src/page/charts/gaps.ts"

describe("gaps", () => {
  it("are longer than two and a half times what is usual between points", () => {
    expect(longestBetween([0, 10, 20, 30, 90], [1, 2, 3, 4, 5])).toBe(25)
    expect(longestBetween([0, 1, 2, 3, 4, 5, 6], [1, null, 1, null, 1, null, 1])).toBe(5)
    expect(longestBetween([0], [1])).toBe(150)
  })

  it("are where nothing is known and where no point is, and leave single points alone", () => {
    const times = [0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15]
    expect(gapsOf(times, [1, 1, 1, 1, 1, null, null, null, 1, 1, null])).toEqual({
      gaps: [
        [3, 9],
        [9, 13]
      ],
      alone: [4]
    })
    expect(gapsOf([0, 1, 2, 3, 4], [null, 1, null, 1, 1])).toEqual({ gaps: [], alone: [] })
    expect(gapsOf([0, 1], [null, 1])).toEqual({ gaps: [], alone: [1] })
  })
})
