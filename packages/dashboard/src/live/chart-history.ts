/** The charts as they were: a point a second for five minutes, before that one every ten seconds for an hour. */
import type { ChartPoint, Lines } from "../protocol/live.ts"
import { eachChart } from "./each-chart.ts"
import { linesOf } from "./lines.ts"

export interface ChartHistory {
  readonly add: (point: ChartPoint) => void
  /** The oldest first. */
  readonly points: () => ReadonlyArray<ChartPoint>
  readonly clear: () => void
}

const recentPoints = 300
const sparsePoints = 360
const sparseMs = 10_000

export const makeChartHistory = (): ChartHistory => {
  let recent: Array<ChartPoint> = []
  let sparse: Array<ChartPoint> = []
  let pending: Array<ChartPoint> = []
  const close = (): void => {
    sparse.push(meanOf(pending))
    pending = []
    if (sparse.length > sparsePoints) {
      sparse.shift()
    }
  }
  return {
    add: (point) => {
      if (point.time < (recent.at(-1)?.time ?? 0)) {
        // The clock was set back: what it called later than now is not the past.
        recent = recent.filter(({ time }) => time < point.time)
        sparse = sparse.filter(({ time }) => time < point.time)
        pending = []
      }
      const first = pending[0]
      if (first !== undefined && point.time - first.time >= sparseMs) {
        close()
      }
      pending.push(point)
      recent.push(point)
      if (recent.length > recentPoints) {
        recent.shift()
      }
    },
    points: () => {
      const first = recent[0]?.time ?? Number.POSITIVE_INFINITY
      return [...sparse.filter(({ time }) => time < first), ...recent]
    },
    clear: () => {
      recent = []
      sparse = []
      pending = []
    }
  }
}

const meanOf = (points: ReadonlyArray<ChartPoint>): ChartPoint => ({
  time: points[0]?.time ?? 0,
  ...eachChart((chart) => meanLines(points.map((point) => point[chart])))
})

/** The mean of each line over the points that have it. */
const meanLines = (all: ReadonlyArray<Lines>): Lines => {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const [name, value] of all.flatMap((lines) => Object.entries(lines))) {
    const { count, sum } = sums.get(name) ?? { sum: 0, count: 0 }
    sums.set(name, { sum: sum + value, count: count + 1 })
  }
  return linesOf(new Map(Array.from(sums, ([name, { count, sum }]) => [name, sum / count])))
}
