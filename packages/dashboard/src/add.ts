/** Adding values of one kind: deltas to a series, runs of a series over its resets. */
import type { ExponentialHistogram, Histogram } from "./model.ts"

/** The sum of two values, or `null` when their buckets cannot be added. */
export type Add<A> = (a: A, b: A) => A | null

export const addNumbers: Add<number> = (a, b) => a + b

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

const addExtremes = (a: Distribution, b: Distribution) => ({
  count: a.count + b.count,
  ...both("sum", a.sum, b.sum, (x, y) => x + y),
  ...either("min", a, b, Math.min),
  ...either("max", a, b, Math.max)
})

const both = <Name extends string>(
  name: Name,
  a: number | undefined,
  b: number | undefined,
  join: (a: number, b: number) => number
) => (a === undefined || b === undefined ? {} : { [name]: join(a, b) })

/** An extreme is unknown when a distribution that is not empty does not give it. */
const either = (
  name: "min" | "max",
  a: Distribution,
  b: Distribution,
  join: (a: number, b: number) => number
): { readonly min?: number; readonly max?: number } => {
  const x = a[name]
  const y = b[name]
  if (x !== undefined && y !== undefined) return { [name]: join(x, y) }
  if (x !== undefined && b.count === 0) return { [name]: x }
  if (y !== undefined && a.count === 0) return { [name]: y }
  return {}
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
