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

/** As many lines a reader tells apart; a chart of the largest lines may have had thousands in an hour. */
const maxLines = 8

/** The line of the rest, as the server calls it. */
const others = "others"

/**
 * A chart from a time on: a column for each line that it has. Lines stand in the order of `names`, others after them. Of more
 * than eight those stay that were there last, the largest first, and the rest is added to `others`.
 */
export const columnsOf = (
  points: ReadonlyArray<ChartPoint>,
  chart: ChartName,
  { from, names }: { readonly from: number; readonly names: ReadonlyArray<string> }
): Columns => {
  const within = points.filter(({ time }) => time >= from)
  const there = newestOf(within, chart)
  const kept = new Set(
    Array.from(there)
      .filter((name) => name !== others)
      .slice(0, maxLines)
  )
  const rest = Array.from(there).filter((name) => !kept.has(name))
  const column = (of: ReadonlyArray<string>) => within.map((point) => sumIn(point[chart], of))
  const sorted = [
    ...names.filter((name) => kept.has(name)),
    ...[...kept].filter((name) => !names.includes(name)).sort()
  ]
  return {
    times: within.map(({ time }) => time / 1000),
    lines: [
      ...sorted.map((name) => ({ name, values: column([name]) })),
      ...(rest.length === 0 ? [] : [{ name: others, values: column(rest) }])
    ]
  }
}

/** The names of lines, those of the newest point first, and of one point the largest. */
const newestOf = (points: ReadonlyArray<ChartPoint>, chart: ChartName): ReadonlySet<string> =>
  new Set(
    points.toReversed().flatMap((point) =>
      Object.entries(point[chart])
        .sort(([, one], [, other]) => other - one)
        .map(([name]) => name)
    )
  )

const sumIn = (lines: Lines, names: ReadonlyArray<string>): number | null => {
  const values = names.map((name) => valueIn(lines, name)).filter((value) => value !== null)
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}

const valueIn = (lines: Lines, name: string): number | null =>
  Object.hasOwn(lines, name) ? (lines[name] ?? null) : null
