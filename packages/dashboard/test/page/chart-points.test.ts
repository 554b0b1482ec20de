import { describe, expect, it } from "vitest"
import type { ChartPoint } from "../../src/protocol/live.ts"
import { noChartPoint } from "./nothing-yet.ts"
import { addPoint, columnsOf } from "../../src/page/live/chart-points.ts"

const point = (time: number, jobs: ChartPoint["jobs"] = {}): ChartPoint => ({
  ...noChartPoint(time),
  jobs
})

describe("points of charts", () => {
  it("are a second apart for five minutes, ten seconds before, and an hour in all", () => {
    const points: Array<ChartPoint> = []
    const seconds = 2 * 3600
    for (let second = 0; second <= seconds; second++) {
      addPoint(points, point(second * 1000))
    }
    const ages = points.map(({ time }) => seconds - time / 1000)
    const fine = ages.filter((age) => age < 300)
    const coarse = ages.filter((age) => age >= 300)
    expect(fine).toEqual(Array.from({ length: 300 }, (_, index) => 299 - index))
    expect(new Set(coarse.slice(0, -2).map((age, index) => age - (coarse[index + 1] ?? 0)))).toEqual(new Set([10]))
    expect([Math.ceil((coarse[0] ?? 0) / 10), points.length < 640]).toEqual([360, true])
  })

  it("become columns in the order of the names, with gaps where a line was not there", () => {
    const odd = JSON.parse(`{ "__proto__": 7, "b": 1 }`)
    const points = [point(1000, { old: 1 }), point(2000, { z: 1, b: 2 }), point(3000, odd), point(4000)]
    expect(columnsOf(points, "jobs", { from: 2000, names: ["b", "not there"] })).toEqual({
      times: [2, 3, 4],
      lines: [
        { name: "b", values: [2, 1, null] },
        { name: "__proto__", values: [null, 7, null] },
        { name: "z", values: [1, null, null] }
      ]
    })
  })

  it("have the lines that were there last and are the largest, and the sum of the others", () => {
    const old = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`old ${index}`, 1]))
    const now = { a: 9, b: 8, c: 7, d: 6, e: 5, others: 100 }
    const points = [point(1000, { ...old, others: 20 }), point(2000, { x: 3, y: 4, a: 1 }), point(3000, now)]
    expect(columnsOf(points, "jobs", { from: 0, names: [] }).lines).toEqual([
      { name: "a", values: [null, 1, 9] },
      { name: "b", values: [null, null, 8] },
      { name: "c", values: [null, null, 7] },
      { name: "d", values: [null, null, 6] },
      { name: "e", values: [null, null, 5] },
      { name: "old 0", values: [1, null, null] },
      { name: "x", values: [null, 3, null] },
      { name: "y", values: [null, 4, null] },
      { name: "others", values: [519, null, 100] }
    ])
  })

  it("go on after the clock of the server was set back", () => {
    const points: Array<ChartPoint> = []
    for (const second of [1, 2, 3, 4, 2, 3, 3]) {
      addPoint(points, point(second * 1000, { "1": second }))
    }
    expect(points.map(({ time }) => time)).toEqual([1000, 2000, 3000])
  })
})
