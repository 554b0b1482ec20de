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

  it("go on after the clock of the server was set back", () => {
    const points: Array<ChartPoint> = []
    for (const second of [1, 2, 3, 4, 2, 3, 3]) {
      addPoint(points, point(second * 1000, { "1": second }))
    }
    expect(points.map(({ time }) => time)).toEqual([1000, 2000, 3000])
  })
})
