/** The value of a series as a test compares it. */
import type * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import type { SeriesState } from "../instrument/series.ts"

/** The value of a histogram. It has no `min` and `max` while it is empty. */
export interface HistogramValue {
  /** The number of recorded values. */
  readonly count: number
  /** The sum of the recorded values; in seconds for durations. */
  readonly sum: number
  /** The smallest value. */
  readonly min?: number
  /** The largest value. */
  readonly max?: number
  /** The number of values in each bucket, by its upper boundary; not cumulative. The last is `+Inf`. */
  readonly buckets: Readonly<Record<string, number>>
}

/** The value of a series. */
export type Value = number | HistogramValue

/** The value of a series of this metric: a {@link HistogramValue} for a histogram, otherwise a number. */
export type ValueOf<H> =
  H extends Metric.Metric<infer _Type, infer _In, infer Out>
    ? Out extends MetricState.MetricState.Histogram
      ? HistogramValue
      : number
    : Value

/** The value of a state. */
export const valueOf = (state: SeriesState): Value => {
  if (MetricState.isHistogramState(state)) {
    return histogramValue(state)
  }
  return Number("value" in state ? state.value : state.count)
}

/** What several series of one metric hold together; undefined of none. */
export const sumOf = (values: ReadonlyArray<Value>): Value | undefined => {
  const [first, ...others] = values
  return first === undefined ? undefined : others.reduce(added, first)
}

/** The name of a bucket by its upper boundary. */
export const bucketName = (boundary: number): string => (Number.isFinite(boundary) ? String(boundary) : "+Inf")

const added = (one: Value, other: Value): Value => {
  if (typeof one === "number" || typeof other === "number") {
    return Number(one) + Number(other)
  }
  const extremes = {
    ...least("min", Math.min, [one.min, other.min]),
    ...least("max", Math.max, [one.max, other.max])
  }
  return {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    ...extremes,
    buckets: Object.fromEntries(
      Object.entries(one.buckets).map(([name, count]) => [name, count + (other.buckets[name] ?? 0)])
    )
  }
}

const least = (
  name: "min" | "max",
  pick: (...values: ReadonlyArray<number>) => number,
  values: ReadonlyArray<number | undefined>
): { readonly [K in "min" | "max"]?: number } => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? {} : { [name]: pick(...known) }
}

const histogramValue = ({ buckets, count, max, min, sum }: MetricState.MetricState.Histogram): HistogramValue => ({
  count,
  sum,
  ...(count === 0 ? {} : { min, max }),
  buckets: Object.fromEntries(
    buckets.map(([boundary, below], index) => [bucketName(boundary), below - (buckets[index - 1]?.[1] ?? 0)])
  )
})
