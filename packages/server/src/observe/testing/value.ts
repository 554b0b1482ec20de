/** The value of a series as a test compares it. */
import * as MetricState from "effect/MetricState"
import type { SeriesState } from "../instrument/series.ts"

/** What a histogram holds: bucket counts by upper boundary (not added up), no min or max while it is empty. */
export interface HistogramValue {
  readonly count: number
  readonly sum: number
  readonly min?: number
  readonly max?: number
  readonly buckets: Readonly<Record<string, number>>
}

/** The value of a series. */
export type Value = number | HistogramValue

/** The value of a state. */
export const valueOf = (state: SeriesState): Value => {
  if (MetricState.isHistogramState(state)) {
    return histogramValue(state)
  }
  return Number("value" in state ? state.value : state.count)
}

const histogramValue = ({ buckets, count, max, min, sum }: MetricState.MetricState.Histogram): HistogramValue => ({
  count,
  sum,
  ...(count === 0 ? {} : { min, max }),
  buckets: Object.fromEntries(
    buckets.map(([boundary, below], index) => [
      Number.isFinite(boundary) ? String(boundary) : "+Inf",
      below - (buckets[index - 1]?.[1] ?? 0)
    ])
  )
})
