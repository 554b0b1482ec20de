/**
 * Adds two values of the same kind: the deltas of a series, or what a series counted before and after a reset. Exponential
 * histograms have a file of their own (`merge-exponential.ts`).
 */
import type { ExponentialHistogram, Histogram } from "./model.ts"

/** The sum of two values, or `null` when their boundaries differ. */
export type Merge<A> = (a: A, b: A) => A | null

export const mergeNumbers = (a: number, b: number): number => a + b

export const mergeHistograms: Merge<Histogram> = (a, b) => {
  const hasSameBoundaries =
    a.explicitBounds.length === b.explicitBounds.length &&
    a.bucketCounts.length === b.bucketCounts.length &&
    a.explicitBounds.every((bound, index) => bound === b.explicitBounds[index])
  if (!hasSameBoundaries) {
    return null
  }
  const bucketCounts = a.bucketCounts.map((count, index) => count + (b.bucketCounts[index] ?? 0))
  return { ...mergeStatistics(a, b), bucketCounts, explicitBounds: a.explicitBounds }
}

type Distribution = Histogram | ExponentialHistogram

/** A sum, minimum or maximum is unknown when a distribution that is not empty does not have it. */
export const mergeStatistics = (a: Distribution, b: Distribution) => {
  const sum = mergeStatistic(a, b, { read: (one) => one.sum, combine: mergeNumbers })
  const min = mergeStatistic(a, b, { read: (one) => one.min, combine: Math.min })
  const max = mergeStatistic(a, b, { read: (one) => one.max, combine: Math.max })
  return {
    count: a.count + b.count,
    ...(sum === undefined ? {} : { sum }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max })
  }
}

interface Statistic {
  readonly read: (distribution: Distribution) => number | undefined
  readonly combine: (a: number, b: number) => number
}

const mergeStatistic = (a: Distribution, b: Distribution, { combine, read }: Statistic): number | undefined => {
  const x = read(a)
  const y = read(b)
  if (x !== undefined && y !== undefined) {
    return combine(x, y)
  }
  return a.count === 0 ? y : b.count === 0 ? x : undefined
}
