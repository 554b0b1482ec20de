import { describe, expect, it } from "vitest"
import { SeriesColumns, slots } from "../../src/page/live/series-columns.ts"

/** A whole number of slots after the epoch. */
const start = 1_800_000_000_000

const columns = (isCumulative: boolean): SeriesColumns => {
  const made = new SeriesColumns()
  made.add({ id: 0, metric: 0, process: 0, labels: {} }, isCumulative)
  return made
}

/** Gives a series points, each as its seconds and its value, and perhaps a sum. */
const record = (to: SeriesColumns, ...points: ReadonlyArray<readonly [number, number, number?]>): void =>
  points.forEach(([seconds, value, sum = Number.NaN]) => to.record(0, start + seconds * 1000, { value, sum }))

const history = (of: SeriesColumns, seconds: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => of.inSlot(0, start + seconds * 1000, count - 1 - index))

describe("series in columns", () => {
  it("have the rate between the times of their points, whenever these arrive", () => {
    const counter = columns(true)
    record(counter, [0, 100])
    expect(counter.rate[0]).toBeNaN()
    record(counter, [10, 150])
    expect([counter.value[0], counter.rate[0]]).toEqual([150, 5])
  })

  it("take a counter that went down as one that began again", () => {
    const counter = columns(true)
    record(counter, [0, 100], [10, 20])
    expect(counter.rate[0]).toBe(2)
  })

  it("ignore a point that is not newer, and one of a series that they have not", () => {
    const counter = columns(true)
    record(counter, [0, 100], [10, 150], [10, 999], [5, 0])
    counter.record(7, start, { value: 1, sum: 0 })
    expect([counter.value[0], counter.rate[0], counter.size]).toEqual([150, 5, 1])
  })

  it("have the mean of what came into a distribution", () => {
    const histogram = columns(true)
    record(histogram, [0, 10, 5], [1, 14, 7])
    expect([histogram.rate[0], histogram.mean[0]]).toEqual([4, 0.5])
    record(histogram, [2, 14, 7])
    expect([histogram.rate[0], histogram.mean[0]]).toEqual([0, Number.NaN])
  })

  it("keep five minutes: of a gauge the last value in five seconds", () => {
    const gauge = columns(false)
    record(gauge, [0, 1], [4, 2], [5, 3], [21, 4])
    expect(history(gauge, 24, 6)).toEqual([Number.NaN, 2, 3, Number.NaN, Number.NaN, 4])
    expect(history(gauge, 34, 6)).toEqual([3, Number.NaN, Number.NaN, 4, Number.NaN, Number.NaN])
  })

  it("keep of a counter the rate of each five seconds, from the point before them on", () => {
    const counter = columns(true)
    record(counter, [1, 0], [4, 30], [6, 40], [9, 70], [14, 70])
    expect(history(counter, 14, 3)).toEqual([10, 8, 0])
  })

  it("forget what is older than that, also where nothing came for long", () => {
    const gauge = columns(false)
    record(gauge, [0, 1], [5 * slots, 2])
    expect(history(gauge, 5 * slots, slots).filter((value) => !Number.isNaN(value))).toEqual([2])
    record(gauge, [5000, 3])
    expect(history(gauge, 5000, slots).filter((value) => !Number.isNaN(value))).toEqual([3])
  })

  it("keep their values while they grow to many, and go on apart from a copy", () => {
    const many = columns(true)
    record(many, [0, 1], [1, 2])
    for (let id = 1; id < 1000; id++) {
      many.add({ id, metric: 0, process: 0, labels: {} }, true)
    }
    const copy = many.copy()
    copy.record(0, start + 2000, { value: 10, sum: 0 })
    expect([many.value[0], many.rate[0], copy.value[0], copy.rate[0], copy.size]).toEqual([2, 1, 10, 8, 1000])
    expect([history(many, 2, 1), history(copy, 2, 1)]).toEqual([[1], [4.5]])
  })
})
