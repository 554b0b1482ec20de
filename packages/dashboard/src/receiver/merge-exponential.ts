/**
 * Adds exponential histograms of any scales and zero thresholds. The sum has the finest scale that both can have and that
 * has at most 160 buckets a side, so that the order of additions does not matter; its counts are exact.
 */
import { addBuckets, boundaryOf, type Buckets, downscaleBuckets, stepsToFit, trim } from "./exponential-buckets.ts"
import { mergeStatistics } from "./merge.ts"
import type { ExponentialHistogram } from "./model.ts"

export const mergeExponentialHistograms = (a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram => {
  const [one, other] = withSameZero(...atSameScale(compactExponential(a), compactExponential(b)))
  const steps = Math.max(stepsToFit(one.positive, other.positive), stepsToFit(one.negative, other.negative))
  const [x, y] = [downscale(one, steps), downscale(other, steps)]
  return {
    ...mergeStatistics(a, b),
    scale: x.scale,
    zeroCount: x.zeroCount + y.zeroCount,
    zeroThreshold: x.zeroThreshold,
    positive: addBuckets(x.positive, y.positive),
    negative: addBuckets(x.negative, y.negative)
  }
}

/** With at most 160 buckets a side: a point may come with millions, which each addition would visit. */
export const compactExponential = (histogram: ExponentialHistogram): ExponentialHistogram => {
  const [positive, negative] = [trim(histogram.positive), trim(histogram.negative)]
  const steps = Math.max(stepsToFit(positive, positive), stepsToFit(negative, negative))
  return downscale({ ...histogram, positive, negative }, steps)
}

const downscale = (histogram: ExponentialHistogram, steps: number): ExponentialHistogram =>
  steps === 0
    ? histogram
    : {
        ...histogram,
        scale: histogram.scale - steps,
        positive: downscaleBuckets(histogram.positive, steps),
        negative: downscaleBuckets(histogram.negative, steps)
      }

type Pair = readonly [ExponentialHistogram, ExponentialHistogram]

/** Both at the lower scale. The scale of one without buckets says nothing. */
const atSameScale = (a: ExponentialHistogram, b: ExponentialHistogram): Pair => {
  if (hasBuckets(a) !== hasBuckets(b)) {
    return hasBuckets(a) ? [a, { ...b, scale: a.scale }] : [{ ...a, scale: b.scale }, b]
  }
  const scale = Math.min(a.scale, b.scale)
  return [downscale(a, a.scale - scale), downscale(b, b.scale - scale)]
}

const hasBuckets = ({ negative, positive }: ExponentialHistogram): boolean =>
  positive.bucketCounts.length > 0 || negative.bucketCounts.length > 0

/**
 * Both with the larger zero threshold, and what lies below it in the zero bucket. A bucket with counts that the threshold
 * would cut widens it to its upper boundary; those of the histogram whose threshold it was are above it already.
 */
const withSameZero = (a: ExponentialHistogram, b: ExponentialHistogram): Pair => {
  const [x, y] = [thresholdOf(a), thresholdOf(b)]
  if (x === y) {
    return [
      { ...a, zeroThreshold: x },
      { ...b, zeroThreshold: y }
    ]
  }
  const threshold = Math.max(x, y)
  const { negative, positive, scale } = x < y ? a : b
  const width = Math.max(widened(positive, { scale, threshold }), widened(negative, { scale, threshold }))
  return [foldIntoZero(a, width), foldIntoZero(b, width)]
}

/** A threshold that is none counts as 0. */
const thresholdOf = ({ zeroThreshold }: ExponentialHistogram): number => (zeroThreshold > 0 ? zeroThreshold : 0)

interface Zero {
  readonly scale: number
  readonly threshold: number
}

const widened = ({ bucketCounts, offset }: Buckets, { scale, threshold }: Zero): number => {
  let width = threshold
  for (let index = 0; index < bucketCounts.length && boundaryOf(offset + index, scale) < threshold; index++) {
    if (bucketCounts[index] !== 0) {
      width = Math.max(threshold, boundaryOf(offset + index + 1, scale))
    }
  }
  return width
}

const foldIntoZero = (histogram: ExponentialHistogram, width: number): ExponentialHistogram => {
  const { scale } = histogram
  const positive = split(histogram.positive, { scale, threshold: width })
  const negative = split(histogram.negative, { scale, threshold: width })
  return {
    ...histogram,
    zeroThreshold: width,
    zeroCount: histogram.zeroCount + positive.below + negative.below,
    positive: positive.above,
    negative: negative.above
  }
}

/** How many values are in buckets that end at the threshold or below, and the other buckets. */
const split = ({ bucketCounts, offset }: Buckets, { scale, threshold }: Zero) => {
  let below = 0
  let index = 0
  while (index < bucketCounts.length && boundaryOf(offset + index + 1, scale) <= threshold) {
    below += bucketCounts[index] ?? 0
    index += 1
  }
  return { below, above: trim({ offset: offset + index, bucketCounts: bucketCounts.slice(index) }) }
}
