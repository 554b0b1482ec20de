/**
 * From cumulative values to deltas, for one destination. What a destination acknowledged is remembered for each series;
 * the next delta is what came after it, so that a failed export is carried over and intervals touch.
 */
import { type ExponentialState, exponentialSince, mergeExponential } from "../../catalogue/exponential.ts"
import type { Distribution, ExportMetric, ExportSeries, HrTime, Point } from "./point.ts"

/**
 * - `cumulative`: every value since its series began
 * - `delta`: counters, histograms and the counts of summaries since the last acknowledged export; all else as it is
 * - `lowmemory`: the same as `delta`, as all our counters and histograms are recorded synchronously
 */
export type Temporality = "cumulative" | "delta" | "lowmemory"

/** Where a destination's deltas begin. */
export interface Baselines {
  readonly isDelta: (metric: ExportMetric) => boolean
  /** When the interval of a point that ends then begins: always before, also where a clock was wrong in between. */
  readonly startOf: (point: Point, endTime: HrTime) => HrTime
  /** What came after the baseline. */
  readonly since: (point: Point) => Point
  /** These deltas, up to this time, were acknowledged. */
  readonly acknowledge: (deltas: ReadonlyArray<Point>, endTime: HrTime) => void
}

interface Baseline {
  readonly time: HrTime
  readonly value: number | Distribution
}

/** The state of one destination. It holds a value for each series that was acknowledged as a delta, and is else empty. */
export const makeBaselines = (temporality: Temporality): Baselines => {
  const baselines = new WeakMap<ExportSeries, Baseline>()
  const corrected = new WeakMap<ExportSeries, HrTime>()
  let hasCorrected = false
  const isDelta = ({ kind }: ExportMetric): boolean => temporality !== "cumulative" && deltaKinds.has(kind)
  const seriesStart = (series: ExportSeries, endTime: HrTime): HrTime => {
    if (!hasCorrected && series.startSeconds < endTime[0]) {
      return series.startTime
    }
    const known = corrected.get(series)
    if (known !== undefined || isBefore(series.startTime, endTime)) {
      return known ?? series.startTime
    }
    const start = justBefore(endTime)
    hasCorrected = true
    corrected.set(series, start)
    return start
  }
  return {
    isDelta,
    startOf: ({ metric, series }, endTime) => {
      const base = temporality !== "cumulative" && isDelta(metric) ? baselines.get(series)?.time : undefined
      if (base === undefined) {
        return seriesStart(series, endTime)
      }
      return isBefore(base, endTime) ? base : justBefore(endTime)
    },
    since: (point) => {
      const base = baselines.get(point.series)
      return base === undefined ? point : since(point, base.value)
    },
    acknowledge: (deltas, endTime) => {
      for (const { series, type, value } of deltas) {
        const delta = type === "summary" ? value.count : value
        baselines.set(series, { time: endTime, value: after(baselines.get(series)?.value, delta) })
      }
    }
  }
}

const isBefore = (one: HrTime, other: HrTime): boolean =>
  one[0] < other[0] || (one[0] === other[0] && one[1] < other[1])

const justBefore = ([seconds, nanos]: HrTime): HrTime => (nanos > 0 ? [seconds, nanos - 1] : [seconds - 1, 999_999_999])

const deltaKinds: ReadonlySet<ExportMetric["kind"]> = new Set(["counter", "histogram", "summary"])

const since = (point: Point, base: Baseline["value"]): Point => {
  if (point.type === "summary" && typeof base === "number") {
    return { ...point, value: { ...point.value, count: point.value.count - base } }
  }
  if (point.type === "number" && typeof base === "number") {
    return { ...point, value: point.value - base }
  }
  if (point.type === "distribution" && typeof base !== "number") {
    return { ...point, value: subtract(point.value, base) }
  }
  return point
}

/** Min and max of an interval can't be told from those of all time. */
const subtract = (now: Distribution, base: Distribution): Distribution => {
  const { boundaries, counts } = now.buckets
  const buckets = { boundaries, counts: counts.map((one, index) => one - (base.buckets.counts[index] ?? 0)) }
  const delta = distribution(now.count - base.count, combined(now.sum, base.sum, minus), {
    buckets,
    exponential: combined(now.exponential, base.exponential, exponentialSince)
  })
  return now.exemplars === undefined ? delta : { ...delta, exemplars: now.exemplars }
}

const minus = (one: number, other: number): number => one - other

const plus = (one: number, other: number): number => one + other

/** Nothing is known of both where nothing is of one. */
const combined = <A>(one: A | undefined, other: A | undefined, combine: (one: A, other: A) => A): A | undefined =>
  one === undefined || other === undefined ? undefined : combine(one, other)

interface AllBuckets {
  readonly buckets: Distribution["buckets"]
  readonly exponential: ExponentialState | undefined
}

/** Written out: with a spread it would be made, and read, several times slower. */
const distribution = (count: number, sum: number | undefined, { buckets, exponential }: AllBuckets): Distribution => {
  if (exponential !== undefined) {
    return sum === undefined ? { count, buckets, exponential } : { count, sum, buckets, exponential }
  }
  return sum === undefined ? { count, buckets } : { count, sum, buckets }
}

/** The sum that the receiver has come to by adding the deltas, rounding included: rounding errors never add up. */
const after = (before: Baseline["value"] | undefined, delta: number | Distribution): number | Distribution => {
  if (typeof delta === "number") {
    return typeof before === "number" ? before + delta : delta
  }
  if (before === undefined || typeof before === "number") {
    return delta
  }
  const { boundaries, counts } = delta.buckets
  return distribution(before.count + delta.count, combined(before.sum, delta.sum, plus), {
    buckets: { boundaries, counts: before.buckets.counts.map((one, index) => one + (counts[index] ?? 0)) },
    exponential: combined(before.exponential, delta.exponential, mergeExponential)
  })
}
