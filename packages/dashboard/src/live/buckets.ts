/**
 * Distributions of both kinds as buckets with upper bounds, so that they can be subtracted, added up and asked for
 * quantiles together.
 */
import { boundaryOf, downscaleBuckets } from "../receiver/exponential-buckets.ts"
import type { ExponentialHistogram, Histogram } from "../receiver/model.ts"

export type Distribution = Histogram | ExponentialHistogram

/** Ascending upper bounds, and how many values each bucket has; the bound of the last may be infinite. */
export interface Buckets {
  readonly bounds: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
}

/** The most buckets of a distribution that are told apart here. */
const maxBuckets = 160

/** What came to a distribution since `before`: all of it where it was nothing, or where it has started over. */
export const bucketsSince = (before: Distribution | undefined, after: Distribution): Buckets => {
  if (before === undefined || before.count > after.count) {
    return bucketsOf(after)
  }
  if (before.count === after.count) {
    return noBuckets
  }
  const [older, newer] = "positive" in after && "positive" in before ? atOneScale(before, after) : [before, after]
  return subtract(bucketsOf(newer), bucketsOf(older))
}

export const noBuckets: Buckets = { bounds: [], counts: [] }

const atOneScale = (
  before: ExponentialHistogram,
  after: ExponentialHistogram
): readonly [ExponentialHistogram, ExponentialHistogram] => {
  const scale = Math.min(before.scale, after.scale)
  return [scaledTo(before, scale), scaledTo(after, scale)]
}

const scaledTo = (value: ExponentialHistogram, scale: number): ExponentialHistogram => {
  const steps = value.scale - scale
  return steps <= 0
    ? value
    : {
        ...value,
        scale,
        positive: downscaleBuckets(value.positive, steps),
        negative: downscaleBuckets(value.negative, steps)
      }
}

const bucketsOf = (value: Distribution): Buckets => ("explicitBounds" in value ? explicit(value) : exponential(value))

const explicit = ({ bucketCounts, explicitBounds }: Histogram): Buckets => ({
  bounds: bucketCounts.length > explicitBounds.length ? [...explicitBounds, Number.POSITIVE_INFINITY] : explicitBounds,
  counts: bucketCounts
})

/** A bucket that does not begin where the one before ends has an empty one before it: its values lie above that bound. */
const exponential = (value: ExponentialHistogram): Buckets => {
  const { negative, positive, scale, zeroCount, zeroThreshold } = value
  const bounds: Array<number> = []
  const counts: Array<number> = []
  const add = (lower: number | undefined, upper: number, count: number): void => {
    if (count === 0) {
      return
    }
    if (lower !== undefined && bounds.at(-1) !== lower) {
      bounds.push(lower)
      counts.push(0)
    }
    bounds.push(upper)
    counts.push(count)
  }
  for (let index = negative.bucketCounts.length - 1; index >= 0; index--) {
    const at = negative.offset + index
    add(-boundaryOf(at + 1, scale), -boundaryOf(at, scale), negative.bucketCounts[index] ?? 0)
  }
  const zero = Math.max(0, zeroThreshold)
  // Without values below zero, those around it are none either.
  add(bounds.length === 0 ? undefined : -(zero || Number.MIN_VALUE), zero, zeroCount)
  positive.bucketCounts.forEach((count, index) => {
    const at = positive.offset + index
    add(boundaryOf(at, scale), boundaryOf(at + 1, scale), count)
  })
  return { bounds, counts }
}

/** A count that went down is taken as one that started over. */
const subtract = (after: Buckets, before: Buckets): Buckets => {
  if (hasSameBounds(after, before)) {
    return { bounds: after.bounds, counts: after.counts.map((count, index) => since(count, before.counts[index] ?? 0)) }
  }
  const old = new Map(before.bounds.map((bound, index) => [bound, before.counts[index] ?? 0]))
  return {
    bounds: after.bounds,
    counts: after.counts.map((count, at) => since(count, old.get(after.bounds[at] ?? 0) ?? 0))
  }
}

const since = (after: number, before: number): number => (after < before ? after : after - before)

const hasSameBounds = (a: Buckets, b: Buckets): boolean => {
  if (a.bounds.length !== b.bounds.length) {
    return false
  }
  for (let index = 0; index < a.bounds.length; index++) {
    if (a.bounds[index] !== b.bounds[index]) {
      return false
    }
  }
  return true
}

/** The most buckets of a part of a sum, and of the sum: senders may have others each, and as many as they like. */
const mostOfPart = 500
const mostOfSum = 1_000

/** Adds up distributions, whatever the bounds of each. */
export interface BucketSum {
  readonly add: (buckets: Buckets) => void
  readonly total: () => Buckets
}

export const makeBucketSum = (): BucketSum => {
  let bounds: ReadonlyArray<number> = []
  let counts: Array<number> = []
  return {
    add: (given) => {
      const buckets = coarsen(given, mostOfPart)
      if (buckets.bounds.length === 0) {
        return
      }
      if (!hasSameBounds({ bounds, counts }, buckets)) {
        const most = mostOfSum - buckets.bounds.length
        const joined = join(bounds.length <= most ? { bounds, counts } : coarsen({ bounds, counts }, most), buckets)
        bounds = joined.bounds
        counts = [...joined.counts]
      }
      const isSame = bounds.length === buckets.bounds.length
      for (let index = 0, at = 0; index < buckets.counts.length; index++, at++) {
        const bound = buckets.bounds[index] ?? 0
        while (!isSame && (bounds[at] ?? Number.POSITIVE_INFINITY) < bound) {
          at += 1
        }
        counts[at] = (counts[at] ?? 0) + (buckets.counts[index] ?? 0)
      }
    },
    total: () => ({ bounds, counts })
  }
}

/** The counts of the first, in buckets with the bounds of both. */
const join = (a: Buckets, b: Buckets): Buckets => {
  const counts = new Map<number, number>()
  for (const bound of b.bounds) {
    counts.set(bound, 0)
  }
  a.bounds.forEach((bound, index) => counts.set(bound, a.counts[index] ?? 0))
  const bounds = [...counts.keys()].sort((x, y) => x - y)
  return { bounds, counts: bounds.map((bound) => counts.get(bound) ?? 0) }
}

/** The same in at most so many buckets, 160 unless given: neighbours are joined. */
export const coarsen = (buckets: Buckets, most: number = maxBuckets): Buckets => {
  const per = Math.ceil(buckets.bounds.length / most)
  if (per <= 1) {
    return buckets
  }
  const [bounds, counts] = [new Array<number>(), new Array<number>()]
  for (let first = 0; first < buckets.bounds.length; first += per) {
    bounds.push(buckets.bounds[Math.min(first + per, buckets.bounds.length) - 1] ?? 0)
    counts.push(buckets.counts.slice(first, first + per).reduce((sum, count) => sum + count, 0))
  }
  return { bounds, counts }
}

/** A quantile as Prometheus' `histogram_quantile` has it, linear within a bucket; `undefined` of nothing. */
export const quantileOf = ({ bounds, counts }: Buckets, quantile: number): number | undefined => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (!(total > 0)) {
    return undefined
  }
  const rank = quantile * total
  let below = 0
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index] ?? 0
    if (count > 0 && below + count >= rank) {
      const upper = bounds[index] ?? 0
      const before = index === 0 ? undefined : bounds[index - 1]
      if (!Number.isFinite(upper)) {
        return before
      }
      const lower = before ?? Math.min(0, upper)
      return lower + (upper - lower) * ((rank - below) / count)
    }
    below += count
  }
  return undefined
}
