/**
 * The buckets of one side of an exponential histogram. Bucket `i` of a scale covers (base^i, base^(i + 1)], where base is
 * 2^(2^-scale), as in OpenTelemetry's data model. Indices are divided and not shifted: a stranger's pass 32 bits.
 */
import type { ExponentialHistogram } from "./model.ts"

export type Buckets = ExponentialHistogram["positive"]

/** As many buckets for each side as OpenTelemetry's SDKs have by default. */
export const maxBuckets = 160

const noBuckets: Buckets = { offset: 0, bucketCounts: [] }

/** The lower boundary of a bucket, which is the upper one of the bucket before. */
export const boundaryOf = (index: number, scale: number): number => (index === 0 ? 1 : 2 ** (index * 2 ** -scale))

/** The bucket of a value above 0. */
export const indexOf = (value: number, scale: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1

/** Where a bucket is so many scales below: each joins two buckets. After 64 of them there are two, -1 and 0. */
const joined = (index: number, steps: number): number => Math.floor(index / 2 ** Math.min(steps, 64))

/** Without empty buckets at both ends. */
export const trim = (buckets: Buckets): Buckets => {
  const { bucketCounts, offset } = buckets
  const first = bucketCounts.findIndex((count) => count !== 0)
  if (first === -1) {
    return noBuckets
  }
  const end = bucketCounts.findLastIndex((count) => count !== 0) + 1
  const isTrimmed = first === 0 && end === bucketCounts.length
  return isTrimmed ? buckets : { offset: offset + first, bucketCounts: bucketCounts.slice(first, end) }
}

/** The same counts, so many scales below. */
export const downscaleBuckets = (buckets: Buckets, steps: number): Buckets => {
  const { bucketCounts, offset } = buckets
  if (steps === 0 || bucketCounts.length === 0) {
    return buckets
  }
  const first = joined(offset, steps)
  const counts = Array<number>(joined(offset + bucketCounts.length - 1, steps) - first + 1).fill(0)
  bucketCounts.forEach((count, index) => {
    const to = joined(offset + index, steps) - first
    counts[to] = (counts[to] ?? 0) + count
  })
  return { offset: first, bucketCounts: counts }
}

/** How many scales below the buckets of two histograms fit into one. */
export const stepsToFit = (a: Buckets, b: Buckets): number => {
  const filled = [a, b].filter(({ bucketCounts }) => bucketCounts.length > 0)
  const first = Math.min(...filled.map(({ offset }) => offset))
  const last = Math.max(...filled.map(({ bucketCounts, offset }) => offset + bucketCounts.length - 1))
  let steps = 0
  while (joined(last, steps) - joined(first, steps) >= maxBuckets) {
    steps += 1
  }
  return steps
}

/** The counts of two histograms of one scale, which fit into one. */
export const addBuckets = (a: Buckets, b: Buckets): Buckets => {
  if (a.bucketCounts.length === 0 || b.bucketCounts.length === 0) {
    return a.bucketCounts.length === 0 ? b : a
  }
  const offset = Math.min(a.offset, b.offset)
  const end = Math.max(a.offset + a.bucketCounts.length, b.offset + b.bucketCounts.length)
  const at = (buckets: Buckets, index: number) => buckets.bucketCounts[index - buckets.offset] ?? 0
  const bucketCounts = Array.from({ length: end - offset }, (_, index) => at(a, offset + index) + at(b, offset + index))
  return { offset, bucketCounts }
}
