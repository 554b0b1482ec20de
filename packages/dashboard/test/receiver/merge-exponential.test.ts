/** Exponential histograms are added as OpenTelemetry's SDK adds its own, whatever their scales and zero thresholds. */
import { describe, expect, it } from "@effect/vitest"
import { ExponentialHistogramAccumulation } from "@opentelemetry/sdk-metrics/build/src/aggregator/ExponentialHistogram.js"
import * as fc from "fast-check"
import { boundaryOf, downscaleBuckets, indexOf, trim } from "../../src/receiver/exponential-buckets.ts"
import { compactExponential, mergeExponentialHistograms } from "../../src/receiver/merge-exponential.ts"
import type { ExponentialHistogram } from "../../src/receiver/receiver.ts"

const none = { offset: 0, bucketCounts: [] }

const make = (fields: Partial<ExponentialHistogram>): ExponentialHistogram => {
  const { negative = none, positive = none, zeroCount = 0 } = fields
  const count = [...positive.bucketCounts, ...negative.bucketCounts].reduce((sum, bucket) => sum + bucket, zeroCount)
  return { count, scale: 0, zeroCount, zeroThreshold: 0, positive, negative, ...fields }
}

const mergeAll = (parts: ReadonlyArray<ExponentialHistogram>): ExponentialHistogram =>
  parts.reduce(mergeExponentialHistograms)

/** What the SDK makes of values. */
const recorded = (values: ReadonlyArray<number>, maxSize = 160) => {
  const accumulation = new ExponentialHistogramAccumulation([0, 0], maxSize)
  values.forEach((value) => accumulation.record(value))
  return accumulation
}

const pointOf = (accumulation: ExponentialHistogramAccumulation): ExponentialHistogram => {
  const { hasMinMax: _, max, min, ...rest } = accumulation.toPointValue()
  return { ...rest, ...(rest.count === 0 ? {} : { min, max }), zeroThreshold: 0 }
}

/** At a lower scale, without empty buckets at the ends. */
const at = (histogram: ExponentialHistogram, scale: number): ExponentialHistogram => {
  const side = (buckets: ExponentialHistogram["positive"]) =>
    trim(downscaleBuckets(buckets, Math.max(0, histogram.scale - scale)))
  return { ...histogram, scale, positive: side(histogram.positive), negative: side(histogram.negative) }
}

/** The SDK's scale is lower than needed where one side is empty, so both are compared at the lower one. */
const expectSame = (a: ExponentialHistogram, b: ExponentialHistogram) => {
  const scale = Math.min(a.scale, b.scale)
  expect(at(a, scale)).toEqual(at(b, scale))
}

/** Sums of these are exact: the order in which they are added makes no difference to a whole number of 64ths. */
const value = fc.oneof(
  fc.integer({ min: -64_000_000, max: 64_000_000 }).map((whole) => whole / 64),
  fc.integer({ min: 1, max: 2_000 }).map((whole) => whole / 64),
  fc.integer({ min: -6, max: 30 }).map((exponent) => 2 ** exponent)
)

const parts = fc.array(fc.tuple(fc.array(value, { maxLength: 40 }), fc.constantFrom(4, 20, 160)), {
  minLength: 2,
  maxLength: 6
})

const isSome = (values: ReadonlyArray<number>) => values.some((one) => one !== 0)

describe("exponential histograms", () => {
  it("of parts add up to that of all values, as the SDK records it", () =>
    fc.assert(
      fc.property(parts, (parts) => {
        const values = parts.flatMap(([values]) => values)
        fc.pre(isSome(values))
        const merged = mergeAll(parts.map(([values, size]) => pointOf(recorded(values, size))))
        expectSame(merged, pointOf(recorded(values)))
      })
    ))

  it("are added as the SDK adds them", () =>
    fc.assert(
      fc.property(parts, (parts) => {
        fc.pre(parts.every(([values]) => isSome(values)))
        const [first = recorded([]), ...others] = parts.map(([values, size]) => recorded(values, size))
        const merged = mergeAll([first, ...others].map(pointOf))
        const sum = first.clone()
        others.forEach((other) => sum.merge(other))
        expectSame(merged, pointOf(sum))
      })
    ))

  it("add up to the same in every order", () =>
    fc.assert(
      fc.property(parts, fc.infiniteStream(fc.nat()), (parts, random) => {
        const points = parts.map(([values, size]) => pointOf(recorded(values, size)))
        const shuffled = [...points].sort(() => ((random.next().value ?? 0) % 2 === 0 ? 1 : -1))
        expect(mergeAll(shuffled)).toEqual(mergeAll(points))
        // Pairs first, as carried totals are.
        const half = Math.ceil(points.length / 2)
        const [left, right] = [points.slice(0, half), points.slice(half)]
        expect(mergeExponentialHistograms(mergeAll(left), mergeAll(right))).toEqual(mergeAll(points))
      })
    ))

  it("have every quantile within the bucket that it is counted in, of at most 160 a side", () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 1 }), { minLength: 2 }),
        (lists) => {
          const { count, negative, positive, scale, zeroCount } = mergeAll(
            lists.map((values) => pointOf(recorded(values)))
          )
          const sorted = lists.flat().sort((a, b) => a - b)
          expect([count, zeroCount, negative.bucketCounts]).toEqual([sorted.length, 0, []])
          expect(positive.bucketCounts.length).toBeLessThanOrEqual(160)
          let rank = 0
          positive.bucketCounts.forEach((inBucket, index) => {
            for (let of = 0; of < inBucket; of++, rank++) {
              const one = sorted[rank] ?? Number.NaN
              expect(one).toBeGreaterThan(boundaryOf(positive.offset + index, scale) * (1 - 1e-12))
              expect(one).toBeLessThanOrEqual(boundaryOf(positive.offset + index + 1, scale) * (1 + 1e-12))
            }
          })
          expect(rank).toBe(sorted.length)
        }
      )
    ))

  it("have an exact power of two in the lower of two buckets, as the SDK", () => {
    for (const scale of [-10, -1, 0, 1, 5]) {
      for (const exponent of [-1_020, -7, -1, 0, 1, 7, 1_020]) {
        const index = indexOf(2 ** exponent, scale)
        expect(boundaryOf(index + 1, scale)).toBeGreaterThanOrEqual(2 ** exponent)
        expect(boundaryOf(index, scale)).toBeLessThan(2 ** exponent)
      }
    }
    expect([1, 2, 4].map((one) => indexOf(one, 3))).toEqual([-1, 7, 15])
    const { positive, scale } = pointOf(recorded([1, 2, 4], 20))
    expect([1, 2, 4].map((one) => indexOf(one, scale) - positive.offset)).toEqual([0, 8, 16])
  })

  it("halve negative indices toward minus infinity", () => {
    const buckets = { offset: -3, bucketCounts: [1, 2, 4, 8, 16] }
    expect(downscaleBuckets(buckets, 1)).toEqual({ offset: -2, bucketCounts: [1, 6, 24] })
    expect(downscaleBuckets(buckets, 2)).toEqual({ offset: -1, bucketCounts: [7, 24] })
    expect(downscaleBuckets(buckets, 4_000_000_000)).toEqual({ offset: -1, bucketCounts: [7, 24] })
  })

  it("keep their scale when they fit into 160 buckets, or when the other has none", () => {
    const apart = (last: number) => {
      const [first, second] = [0, last].map((offset) => make({ scale: 5, positive: { offset, bucketCounts: [1] } }))
      return mergeExponentialHistograms(first ?? make({}), second ?? make({}))
    }
    expect([apart(159), apart(160)].map(({ positive, scale }) => [scale, positive.bucketCounts.length])).toEqual([
      [5, 160],
      [4, 81]
    ])
    const fine = make({ scale: 20, negative: { offset: 3, bucketCounts: [1] } })
    const zeros = make({ scale: 0, zeroCount: 2, positive: { offset: 9, bucketCounts: [0, 0] } })
    const expected = make({ scale: 20, zeroCount: 2, negative: { offset: 3, bucketCounts: [1] } })
    expect(mergeExponentialHistograms(fine, zeros)).toEqual(expected)
    expect(mergeExponentialHistograms(zeros, fine)).toEqual(expected)
  })

  it("take the larger zero threshold, and count what is below it as zeros", () => {
    const fine = make({
      scale: 1,
      zeroCount: 1,
      positive: { offset: -4, bucketCounts: [1, 2, 4, 8] },
      negative: { offset: -6, bucketCounts: [1, 1, 0, 0, 0, 5] }
    })
    const coarse = make({ scale: 0, zeroCount: 10, zeroThreshold: 0.5, positive: { offset: 0, bucketCounts: [3] } })
    // At scale 0 the first has (1/4, 1/2] and (1/2, 1], and below zero (1/8, 1/4] and (1/2, 1].
    expect(mergeExponentialHistograms(fine, coarse)).toEqual({
      ...make({
        scale: 0,
        zeroCount: 11 + 3 + 2,
        zeroThreshold: 0.5,
        positive: { offset: -1, bucketCounts: [12, 3] },
        negative: { offset: -1, bucketCounts: [5] }
      })
    })
    expect(mergeExponentialHistograms(coarse, fine)).toEqual(mergeExponentialHistograms(fine, coarse))
  })

  it("widen a zero threshold that would cut a bucket with counts, and no other", () => {
    const wide = make({ zeroCount: 1, zeroThreshold: 3, positive: { offset: 1, bucketCounts: [2, 4] } })
    const cut = mergeExponentialHistograms(make({ negative: { offset: 1, bucketCounts: [1] } }), wide)
    expect(cut).toEqual(make({ zeroCount: 4, zeroThreshold: 4, positive: { offset: 2, bucketCounts: [4] } }))
    const whole = mergeExponentialHistograms(make({ positive: { offset: 0, bucketCounts: [1, 0, 8] } }), wide)
    expect(whole).toEqual(make({ zeroCount: 2, zeroThreshold: 3, positive: { offset: 1, bucketCounts: [2, 12] } }))
    // What has the same threshold has its values above it, in a bucket that it cuts too.
    expect(mergeExponentialHistograms(wide, wide)).toEqual(
      make({ zeroCount: 2, zeroThreshold: 3, positive: { offset: 1, bucketCounts: [4, 8] } })
    )
  })

  it("keep every count whatever their thresholds, in either order", () => {
    const buckets = fc.record({ offset: fc.integer({ min: -400, max: 400 }), bucketCounts: fc.array(fc.nat(9)) })
    const histogram = fc.record({
      scale: fc.integer({ min: -10, max: 20 }),
      zeroCount: fc.nat(9),
      zeroThreshold: fc.oneof(fc.constantFrom(0, 1, 8), fc.double({ min: 0, max: 100, noNaN: true })),
      positive: buckets,
      negative: buckets
    })
    fc.assert(
      fc.property(histogram.map(make), histogram.map(make), (a, b) => {
        const merged = mergeExponentialHistograms(a, b)
        expect(mergeExponentialHistograms(b, a)).toEqual(merged)
        const { negative, positive, zeroCount } = merged
        expect([merged.count, make({ negative, positive, zeroCount }).count]).toEqual(Array(2).fill(a.count + b.count))
        expect(merged.zeroThreshold).toBeGreaterThanOrEqual(Math.max(a.zeroThreshold, b.zeroThreshold))
      })
    )
  })

  it("whose scale or offset is of a stranger are added too, in little time", () => {
    const limits = [-2_147_483_648, 2_147_483_647]
    const histograms = limits.flatMap((scale) =>
      limits.flatMap((offset) =>
        [0, Number.NaN, -1, Number.POSITIVE_INFINITY].map((zeroThreshold) =>
          make({
            scale,
            zeroThreshold,
            positive: { offset, bucketCounts: [1, 2] },
            negative: { offset, bucketCounts: [4] }
          })
        )
      )
    )
    for (const a of histograms) {
      for (const b of histograms) {
        const { count, negative, positive, zeroCount } = mergeExponentialHistograms(a, b)
        expect(make({ negative, positive, zeroCount }).count).toBe(14)
        expect([count, positive.bucketCounts.length <= 160]).toEqual([14, true])
      }
    }
    const million = make({
      scale: 20,
      positive: { offset: 2_147_483_000, bucketCounts: Array<number>(1_000_000).fill(1) }
    })
    const compact = compactExponential(million)
    expect([compact.count, compact.positive.bucketCounts.length, compact.scale]).toEqual([1_000_000, 123, 7])
    expect(compactExponential(compact)).toEqual(compact)
  })
})
