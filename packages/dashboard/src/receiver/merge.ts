/** Adds two values of the same kind: the deltas of a series, or what a series counted before and after a reset. */
import type { ExponentialHistogram, Histogram } from "./model.ts"

/** The sum of two values, or `null` when their buckets cannot be added. */
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

export const mergeExponentialHistograms: Merge<ExponentialHistogram> = (a, b) => {
  if (a.scale !== b.scale || a.zeroThreshold !== b.zeroThreshold) {
    return null
  }
  const positive = mergeBuckets(a.positive, b.positive)
  const negative = mergeBuckets(a.negative, b.negative)
  if (positive === null || negative === null) {
    return null
  }
  return {
    ...mergeStatistics(a, b),
    scale: a.scale,
    zeroCount: a.zeroCount + b.zeroCount,
    zeroThreshold: a.zeroThreshold,
    positive,
    negative
  }
}

type Distribution = Histogram | ExponentialHistogram

/** A sum, minimum or maximum is unknown when a distribution that is not empty does not have it. */
const mergeStatistics = (a: Distribution, b: Distribution) => {
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

type Buckets = ExponentialHistogram["positive"]

/** Offsets may lie four billion apart, and the buckets between them are empty; an SDK has at most 160 by default. */
const maxBuckets = 20_000

const mergeBuckets = (a: Buckets, b: Buckets): Buckets | null => {
  if (a.bucketCounts.length === 0) {
    return b
  }
  if (b.bucketCounts.length === 0) {
    return a
  }
  const offset = Math.min(a.offset, b.offset)
  const end = Math.max(a.offset + a.bucketCounts.length, b.offset + b.bucketCounts.length)
  if (end - offset > Math.max(maxBuckets, a.bucketCounts.length, b.bucketCounts.length)) {
    return null
  }
  const at = (buckets: Buckets, index: number) => buckets.bucketCounts[index - buckets.offset] ?? 0
  const bucketCounts = Array.from({ length: end - offset }, (_, index) => at(a, offset + index) + at(b, offset + index))
  return { offset, bucketCounts }
}
