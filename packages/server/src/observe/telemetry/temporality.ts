/**
 * From cumulative values to deltas, for one destination. What a destination acknowledged is remembered for each series;
 * the next delta is what came after it, so that a failed export is carried over and intervals touch.
 */
import { type Distribution, type ExportSeries, type HrTime, hrTime, type Point } from "./point.ts"

/**
 * - `cumulative`: every value since its series began
 * - `delta`: counters and histograms since the last acknowledged export; gauges and up-down counters as they are
 * - `lowmemory`: the same as `delta`, as all our counters and histograms are recorded synchronously
 */
export type Temporality = "cumulative" | "delta" | "lowmemory"

/** A point with the interval that it covers. */
export interface TimedPoint {
  readonly point: Point
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly isDelta: boolean
}

/** Where a destination's deltas begin. */
export interface Baselines {
  /** The point as it goes out now. Changes nothing until the pending baselines are acknowledged. */
  readonly timed: (point: Point, nowNanos: bigint) => TimedPoint
  /** These points were acknowledged. */
  readonly acknowledge: (points: ReadonlyArray<TimedPoint>) => void
}

interface Baseline {
  readonly time: HrTime
  readonly value: number | Distribution
}

/** The state of one destination. */
export const makeBaselines = (temporality: Temporality): Baselines => {
  if (temporality === "cumulative") {
    return { timed: cumulative, acknowledge: () => {} }
  }
  const acknowledged = new WeakMap<ExportSeries, Baseline>()
  return {
    timed: (point, nowNanos) => {
      const { series, type } = point
      if (type === "summary" || (point.metric.kind !== "counter" && point.metric.kind !== "histogram")) {
        return cumulative(point, nowNanos)
      }
      const base = acknowledged.get(series)
      const delta = base === undefined ? point : since(point, base.value)
      return { point: delta, startTime: base?.time ?? series.startTime, endTime: timeOf(nowNanos), isDelta: true }
    },
    acknowledge: (points) => {
      for (const { endTime, isDelta, point } of points) {
        if (isDelta && point.type !== "summary") {
          const before = acknowledged.get(point.series)?.value
          acknowledged.set(point.series, { time: endTime, value: after(before, point.value) })
        }
      }
    }
  }
}

const cumulative = (point: Point, nowNanos: bigint): TimedPoint => ({
  point,
  startTime: point.series.startTime,
  endTime: timeOf(nowNanos),
  isDelta: false
})

let last: { readonly nanos: bigint; readonly time: HrTime } = { nanos: 0n, time: [0, 0] }

/** All points of a request have the same time: it is converted once. */
const timeOf = (nanos: bigint): HrTime => {
  if (last.nanos !== nanos) {
    last = { nanos, time: hrTime(nanos) }
  }
  return last.time
}

const since = (point: Point, base: Baseline["value"]): Point => {
  if (point.type === "number" && typeof base === "number") {
    return { ...point, value: point.value - base }
  }
  if (point.type === "distribution" && typeof base !== "number") {
    return { ...point, value: subtract(point.value, base) }
  }
  return point
}

/** Min and max of an interval can't be told from those of all time. */
const subtract = ({ bounds, count, counts, sum }: Distribution, base: Distribution): Distribution => ({
  count: count - base.count,
  sum: sum - base.sum,
  bounds,
  counts: counts.map((one, index) => one - (base.counts[index] ?? 0))
})

/** The sum that the receiver has come to by adding the deltas, rounding included: rounding errors never add up. */
const after = (before: Baseline["value"] | undefined, delta: number | Distribution): number | Distribution => {
  if (typeof delta === "number") {
    return typeof before === "number" ? before + delta : delta
  }
  return before === undefined || typeof before === "number"
    ? delta
    : {
        count: before.count + delta.count,
        sum: before.sum + delta.sum,
        bounds: delta.bounds,
        counts: before.counts.map((one, index) => one + (delta.counts[index] ?? 0))
      }
}
