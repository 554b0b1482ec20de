/** The state of an Effect histogram as a distribution: counts of each bucket by itself, and no invented extremes. */
import type { Distribution } from "./point.ts"

/** A histogram as Effect's state has it. */
export interface CumulativeHistogram {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** The count up to each boundary, inclusive. */
  readonly buckets: ReadonlyArray<readonly [number, number]>
}

/**
 * Effect's buckets are cumulative and end with infinity, which the wire leaves unsaid. A fresh histogram of Effect has
 * the largest number as its minimum and the smallest positive one as its maximum: neither is exported. Nor is the sum
 * where a boundary or a value is negative. One that is not finite stays, so that the point is refused.
 */
export const distributionOf = (
  { buckets: cumulative, count, max, min, sum }: CumulativeHistogram,
  boundaries: Array<number>
): Distribution => {
  const counts: Array<number> = []
  let below = 0
  for (let index = 0; index < boundaries.length; index++) {
    const upTo = cumulative[index]?.[1] ?? below
    counts.push(upTo - below)
    below = upTo
  }
  counts.push(count - below)
  const buckets = { boundaries, counts }
  const isSigned = (min < 0 && count > 0) || (boundaries[0] ?? 0) < 0
  const knownSum = isSigned && Number.isFinite(sum) ? {} : { sum }
  return { count, ...knownSum, ...(count === 0 ? {} : knownExtremes(min, max)), buckets }
}

const knownExtremes = (min: number, max: number): { readonly min?: number; readonly max?: number } => {
  const isMinKnown = Number.isFinite(min) && min < Number.MAX_VALUE
  const knownMax = max > Number.MIN_VALUE ? max : min === 0 ? 0 : undefined
  return { ...(isMinKnown ? { min } : {}), ...(knownMax === undefined ? {} : { max: knownMax }) }
}
