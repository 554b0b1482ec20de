/** The state of an Effect histogram as a distribution: counts of each bucket by itself, and no invented extremes. */
import type * as MetricState from "effect/MetricState"
import type { Distribution } from "./point.ts"

/**
 * Effect's buckets are cumulative and end with infinity, which the wire leaves unsaid. A fresh histogram of Effect has
 * the largest number as its minimum and the smallest positive one as its maximum: neither is exported.
 */
export const distributionOf = (
  { buckets, count, max, min, sum }: MetricState.MetricState.Histogram,
  bounds: ReadonlyArray<number>
): Distribution => {
  const counts: Array<number> = []
  let below = 0
  for (let index = 0; index < bounds.length; index++) {
    const cumulative = buckets[index]?.[1] ?? below
    counts.push(cumulative - below)
    below = cumulative
  }
  counts.push(count - below)
  if (count === 0) {
    return { count, sum, bounds, counts }
  }
  if (min < Number.MAX_VALUE && max > Number.MIN_VALUE) {
    return { count, sum, min, max, bounds, counts }
  }
  return { count, sum, ...knownExtremes(min, max), bounds, counts }
}

const knownExtremes = (min: number, max: number): { readonly min?: number; readonly max?: number } => {
  const isMinKnown = min < Number.MAX_VALUE
  const knownMax = max > Number.MIN_VALUE ? max : min === 0 ? 0 : undefined
  return { ...(isMinKnown ? { min } : {}), ...(knownMax === undefined ? {} : { max: knownMax }) }
}
