/** How far back the charts go. */
import { describe, expect, it } from "vitest"
import { makeChartHistory } from "../../src/live/chart-history.ts"
import type { ChartPoint } from "../../src/protocol/live.ts"
import { noChartPoint } from "../page/nothing-yet.ts"

const pointAt = (second: number, jobs: Readonly<Record<string, number>> = {}): ChartPoint => ({
  ...noChartPoint(second * 1_000),
  jobs
})

const after = (seconds: number, jobs?: (second: number) => Readonly<Record<string, number>>) => {
  const history = makeChartHistory()
  for (let second = 0; second < seconds; second++) {
    history.add(pointAt(second, jobs?.(second)))
  }
  return history.points()
}

describe("the charts as they were", () => {
  it("have a point a second for five minutes, and before that one every ten seconds for an hour", () => {
    const seconds = after(5_000).map(({ time }) => time / 1_000)
    expect(seconds.slice(-300)).toEqual(Array.from({ length: 300 }, (_, index) => 4_700 + index))
    expect(seconds.slice(0, -300)).toEqual(Array.from({ length: 331 }, (_, index) => 1_390 + index * 10))
  })

  it("have each point once where both meet", () => {
    expect(after(300).length).toBe(300)
    expect(after(305).map(({ time }) => time / 1_000)).toEqual([
      0,
      ...Array.from({ length: 300 }, (_, index) => 5 + index)
    ])
  })

  it("have the mean of ten seconds, of each line where it was known", () => {
    const [first] = after(400, (second) => (second < 5 ? { a: second } : { a: second, b: 1 }))
    expect(first).toEqual(pointAt(0, { a: 4.5, b: 1 }))
  })

  it("go on after the clock was set back, without what was later than it", () => {
    const history = makeChartHistory()
    const seconds = [...Array.from({ length: 1_000 }, (_, index) => index), 500, 501, 502]
    seconds.forEach((second) => history.add(pointAt(second)))
    const times = history.points().map(({ time }) => time / 1_000)
    expect(times.slice(-5)).toEqual([480, 490, 500, 501, 502])
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true)
  })
})
