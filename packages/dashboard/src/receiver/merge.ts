/** Adding values of one kind: deltas to a series, runs of a series over its resets. */
import type { ExponentialHistogram, Histogram } from "./model.ts"

/** The sum of two values, or `null` when their buckets cannot be added. */
export type Add<A> = (a: A, b: A) => A | null

export const addNumbers = (a: number, b: number): number => a + b

export const addHistograms: Add<Histogram> = (a, b) => {
  const isSame =
    a.explicitBounds.length === b.explicitBounds.length &&
    a.bucketCounts.length === b.bucketCounts.length &&
    a.explicitBounds.every((bound, index) => bound === b.explicitBounds[index])
  if (!isSame) return null
  const bucketCounts = a.bucketCounts.map((count, index) => count + (b.bucketCounts[index] ?? 0))
  return { ...addExtremes(a, b), bucketCounts, explicitBounds: a.explicitBounds }
}

export const addExponentials: Add<ExponentialHistogram> = (a, b) => {
  if (a.scale !== b.scale || a.zeroThreshold !== b.zeroThreshold) return null
  return {
    ...addExtremes(a, b),
    scale: a.scale,
    zeroCount: a.zeroCount + b.zeroCount,
    zeroThreshold: a.zeroThreshold,
    positive: addBuckets(a.positive, b.positive),
    negative: addBuckets(a.negative, b.negative)
  }
}

type Distribution = Histogram | ExponentialHistogram

/** A sum or an extreme is unknown when a distribution that is not empty does not give it. */
const addExtremes = (a: Distribution, b: Distribution) => {
  const sum = join(a, b, { read: (one) => one.sum, by: addNumbers })
  const min = join(a, b, { read: (one) => one.min, by: Math.min })
  const max = join(a, b, { read: (one) => one.max, by: Math.max })
  return {
    count: a.count + b.count,
    ...(sum === undefined ? {} : { sum }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max })
  }
}

interface Join {
  readonly read: (distribution: Distribution) => number | undefined
  readonly by: (a: number, b: number) => number
}

const join = (a: Distribution, b: Distribution, { by, read }: Join): number | undefined => {
  const x = read(a)
  const y = read(b)
  if (x !== undefined && y !== undefined) return by(x, y)
  return a.count === 0 ? y : b.count === 0 ? x : undefined
}

type Buckets = ExponentialHistogram["positive"]

const addBuckets = (a: Buckets, b: Buckets): Buckets => {
  if (a.bucketCounts.length === 0) return b
  if (b.bucketCounts.length === 0) return a
  const offset = Math.min(a.offset, b.offset)
  const end = Math.max(a.offset + a.bucketCounts.length, b.offset + b.bucketCounts.length)
  const at = (buckets: Buckets, index: number) => buckets.bucketCounts[index - buckets.offset] ?? 0
  const bucketCounts = Array.from({ length: end - offset }, (_, index) => at(a, offset + index) + at(b, offset + index))
  return { offset, bucketCounts }
}
