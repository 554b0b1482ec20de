import { describe, expect, it } from "vitest"
import { gridOf, linesOf, timesOf } from "../../src/page/series/lines.ts"

const grid = { from: 0, step: 1000, count: 5 }

const past = (times: ReadonlyArray<number>, values: ReadonlyArray<number | null>, sums?: ReadonlyArray<number>) => ({
  times,
  values,
  ...(sums === undefined ? {} : { sums })
})

describe("lines of a metric", () => {
  it("stand on times a whole number of seconds apart, not too many of them", () => {
    expect(gridOf(500, 5000)).toEqual({ from: 1000, step: 1000, count: 5 })
    expect(gridOf(0, 3_600_000)).toEqual({ from: 0, step: 15_000, count: 241 })
    expect(timesOf(grid)).toEqual([0, 1, 2, 3, 4])
  })

  it("have the growth of a counter in the time before its point, added up over series", () => {
    const { lines } = linesOf(
      [
        { name: "a", past: past([0, 2000, 4000], [0, 10, 14]) },
        { name: "a", past: past([1000, 2000, 3000], [5, 6, 1]) },
        { name: "b", past: past([3000, 4000], [0, 1]) }
      ],
      { grid, shown: "rate" }
    )
    expect(lines).toEqual([
      { name: "a", values: [null, 5, 6, 3, 2] },
      { name: "b", values: [null, null, null, null, 1] }
    ])
  })

  it("hold the value of a gauge until the next, but not for ever", () => {
    const gauge = past([0, 1000], [7, 9])
    const { lines } = linesOf([{ name: "a", past: gauge }], { grid, shown: "sum" })
    expect(lines).toEqual([{ name: "a", values: [7, 9, 9, 9, null] }])
  })

  it("have no gaps where points are further apart, because they are old", () => {
    const gauge = past([0, 60_000, 61_000, 62_000, 63_000, 300_000], [1, 2, 3, 4, 5, 6])
    const wide = { from: 0, step: 30_000, count: 11 }
    expect(linesOf([{ name: "a", past: gauge }], { grid: wide, shown: "sum" }).lines).toEqual([
      { name: "a", values: [1, 1, 2, null, null, null, null, null, null, null, 6] }
    ])
  })

  it("have the largest where that is asked for", () => {
    const { lines } = linesOf(
      [
        { name: "a", past: past([0, 1000, 2000, 3000, 4000], [1, 5, null, 2, 1]) },
        { name: "a", past: past([0, 1000, 2000, 3000, 4000], [3, 2, 1, 1, 8]) }
      ],
      { grid, shown: "largest" }
    )
    expect(lines).toEqual([{ name: "a", values: [3, 5, 1, 2, 8] }])
  })

  it("have the mean of a distribution over all series together", () => {
    const { lines } = linesOf(
      [
        { name: "a", past: past([0, 1000, 2000], [0, 2, 2], [0, 4, 4]) },
        { name: "a", past: past([0, 1000, 2000], [0, 6, 7], [0, 4, 9]) }
      ],
      { grid, shown: "mean" }
    )
    expect(lines).toEqual([{ name: "a", values: [null, 1, 5, null, null] }])
  })

  it("are at most so many, and the others together", () => {
    const series = [1, 9, 5, 3].map((speed) => ({ name: `s${speed}`, past: past([0, 4000], [0, 4 * speed]) }))
    const { lines, otherCount, others } = linesOf(series, { grid, shown: "rate", most: 2 })
    expect({ names: lines.map(({ name }) => name), otherCount, others }).toEqual({
      names: ["s9", "s5"],
      otherCount: 2,
      others: { name: "others", values: [null, 4, 4, 4, 4] }
    })
  })
})
