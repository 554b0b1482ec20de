/** Turns the series of a metric into a few lines on the same times: one for each value of a label, the rest together. */

/** What a line shows of its series: the growth of all a second, their sum, the largest, or the mean of a distribution. */
export type Shown = "rate" | "sum" | "largest" | "mean"

export interface Past {
  readonly times: ReadonlyArray<number>
  readonly values: ReadonlyArray<number | null>
  readonly sums?: ReadonlyArray<number | null>
}

export interface Grid {
  /** Epoch milliseconds. */
  readonly from: number
  readonly step: number
  readonly count: number
}

/** At most this many times between two moments, a whole number of seconds apart. */
export const gridOf = (from: number, to: number, most = 240): Grid => {
  const step = Math.max(1, Math.ceil((to - from) / most / 1000)) * 1000
  const first = Math.ceil(from / step) * step
  return { from: first, step, count: Math.max(0, Math.floor((to - first) / step) + 1) }
}

/** A line as it is added up: `above` divided by `below`, if there is one. NaN where nothing is known. */
interface Sums {
  readonly above: Float64Array
  readonly below: Float64Array
}

const empty = (count: number): Sums => ({
  above: new Float64Array(count).fill(Number.NaN),
  below: new Float64Array(count).fill(Number.NaN)
})

const put = (into: Float64Array, index: number, { shown, value }: { shown: Shown; value: number }): void => {
  const before = into[index] ?? Number.NaN
  into[index] = Number.isNaN(before) ? value : shown === "largest" ? Math.max(before, value) : before + value
}

const growth = (before: number | null | undefined, after: number | null | undefined): number =>
  typeof before !== "number" || typeof after !== "number" ? Number.NaN : after < before ? after : after - before

/** Points of long ago are further apart than newer ones: the time between them is no gap. */
const oldMs = 90_000

/** How long a value holds when no other comes: two and a half of the usual intervals. */
const holding = (times: ReadonlyArray<number>): number => {
  const between = times.slice(-20).flatMap((time, index, all) => (index === 0 ? [] : [time - (all[index - 1] ?? time)]))
  const usual = between.sort((one, other) => one - other)[between.length >> 1] ?? 60_000
  return 2.5 * usual
}

const addSeries = (into: Sums, past: Past, { grid, shown }: { readonly grid: Grid; readonly shown: Shown }): void => {
  const { times, values } = past
  const isGrowth = shown === "rate" || shown === "mean"
  const holds = holding(times)
  for (let index = isGrowth ? 1 : 0; index < times.length; index++) {
    const time = times[index] ?? 0
    const before = times[index - 1] ?? time
    const next = times[index + 1] ?? Infinity
    const seconds = (time - before) / 1000
    const value = isGrowth ? growth(values[index - 1], values[index]) / seconds : (values[index] ?? Number.NaN)
    const sum = shown === "mean" ? growth(past.sums?.[index - 1], past.sums?.[index]) / seconds : value
    if (!Number.isFinite(value)) {
      continue
    }
    // A growth belongs to the time before its point, a value to the time from it on.
    const until = next - time <= Math.max(holds, oldMs) ? next : time + holds
    const [begin, end] = isGrowth ? [before + 1, time + 1] : [time, until]
    const first = Math.max(0, Math.ceil((begin - grid.from) / grid.step))
    const last = Math.min(grid.count, Math.ceil((end - grid.from) / grid.step))
    for (let cell = first; cell < last; cell++) {
      put(into.above, cell, { shown, value: sum })
      put(into.below, cell, { shown: "sum", value })
    }
  }
}

export interface Line {
  readonly name: string
  readonly values: Array<number | null>
}

export interface LinesOptions {
  readonly grid: Grid
  readonly shown: Shown
  readonly most?: number
}

/** A line for each name, those with the most first; from the `most`th on they are one line, `others`. */
export const linesOf = (
  series: ReadonlyArray<{ readonly name: string; readonly past: Past }>,
  { grid, most = 12, shown }: LinesOptions
): { readonly lines: ReadonlyArray<Line>; readonly others: Line | undefined; readonly otherCount: number } => {
  const groups = new Map<string, Sums>()
  for (const { name, past } of series) {
    const sums = groups.get(name) ?? empty(grid.count)
    groups.set(name, sums)
    addSeries(sums, past, { grid, shown })
  }
  const sorted = [...groups].sort(([, one], [, other]) => total(other) - total(one))
  const rest = sorted.slice(most)
  const others = empty(grid.count)
  rest.forEach(([, sums]) =>
    [...sums.above.keys()].forEach((cell) => {
      if (!Number.isNaN(sums.above[cell])) {
        put(others.above, cell, { shown, value: sums.above[cell] ?? 0 })
        put(others.below, cell, { shown: "sum", value: sums.below[cell] ?? 0 })
      }
    })
  )
  const line = (name: string, sums: Sums): Line => ({ name, values: valuesOf(sums, shown) })
  return {
    lines: sorted.slice(0, most).map(([name, sums]) => line(name, sums)),
    others: rest.length === 0 ? undefined : line("others", others),
    otherCount: rest.length
  }
}

const total = ({ above }: Sums): number =>
  above.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : Math.abs(value)), 0)

const valuesOf = ({ above, below }: Sums, shown: Shown): Array<number | null> =>
  Array.from(above, (value, cell) => {
    const result = shown === "mean" ? value / (below[cell] ?? 0) : value
    return Number.isFinite(result) ? result : null
  })

/** The times of a grid, in seconds. */
export const timesOf = ({ count, from, step }: Grid): Array<number> =>
  Array.from({ length: count }, (_, index) => (from + index * step) / 1000)
