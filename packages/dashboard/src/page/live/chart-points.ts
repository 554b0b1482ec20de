/** The points of charts: kept for an hour, the older ones further apart, and turned into columns. */
import type { ChartName, ChartPoint, Lines } from "../../protocol/live.ts"

const fineMs = 5 * 60_000
const coarseMs = 10_000
const longestMs = 60 * 60_000

/**
 * Adds a point, and drops what is too old, or too close for its age. After the server's clock was set back, what it
 * called later than now is not the past.
 */
export const addPoint = (points: Array<ChartPoint>, point: ChartPoint): void => {
  while ((points.at(-1)?.time ?? 0) > point.time) {
    points.pop()
  }
  if (points.at(-1)?.time === point.time) {
    return
  }
  points.push(point)
  const oldest = points[0]
  if (oldest !== undefined && oldest.time < point.time - longestMs) {
    points.shift()
  }
  // The first that is no longer fine goes, if there is one close before it: one point a call becomes too old.
  const index = points.findIndex(({ time }) => time > point.time - fineMs) - 1
  const before = points[index - 1]
  const old = points[index]
  if (old !== undefined && before !== undefined && old.time - before.time < coarseMs) {
    points.splice(index, 1)
  }
}

export interface Columns {
  /** Seconds. */
  readonly times: Array<number>
  readonly lines: ReadonlyArray<{ readonly name: string; readonly values: Array<number | null> }>
}

/** A chart from a time on: a column for each line that it has. Lines stand in the order of `names`, others after them. */
export const columnsOf = (
  points: ReadonlyArray<ChartPoint>,
  chart: ChartName,
  { from, names }: { readonly from: number; readonly names: ReadonlyArray<string> }
): Columns => {
  const within = points.filter(({ time }) => time >= from)
  const there = new Set(within.flatMap((point) => Object.keys(point[chart])))
  const sorted = [
    ...names.filter((name) => there.has(name)),
    ...[...there].filter((name) => !names.includes(name)).sort()
  ]
  return {
    times: within.map(({ time }) => time / 1000),
    lines: sorted.map((name) => ({ name, values: within.map((point) => valueIn(point[chart], name)) }))
  }
}

const valueIn = (lines: Lines, name: string): number | null =>
  Object.hasOwn(lines, name) ? (lines[name] ?? null) : null
