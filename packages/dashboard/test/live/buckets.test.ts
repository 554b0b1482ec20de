/** Distributions as buckets. */
import { describe, expect, it } from "vitest"
import { bucketsSince, coarsen, makeBucketSum, noBuckets, quantileOf } from "../../src/live/buckets.ts"
import type { ExponentialHistogram, Histogram } from "../../src/receiver/model.ts"

const explicit = (bucketCounts: ReadonlyArray<number>, explicitBounds: ReadonlyArray<number>): Histogram => ({
  count: bucketCounts.reduce((sum, count) => sum + count, 0),
  bucketCounts,
  explicitBounds
})

/** Its positive buckets begin at 1. */
const exponential = (
  scale: number,
  bucketCounts: ReadonlyArray<number>,
  fields: Partial<ExponentialHistogram> = {}
): ExponentialHistogram => ({
  count: bucketCounts.reduce((sum, count) => sum + count, 0),
  scale,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: { offset: 0, bucketCounts },
  negative: { offset: 0, bucketCounts: [] },
  ...fields
})

describe("what came to a distribution", () => {
  it("is the difference of its buckets", () => {
    expect(bucketsSince(explicit([1, 2, 3], [1, 2]), explicit([1, 5, 4], [1, 2]))).toEqual({
      bounds: [1, 2, Number.POSITIVE_INFINITY],
      counts: [0, 3, 1]
    })
    expect(bucketsSince(explicit([1, 2, 3], [1, 2]), explicit([1, 2, 3], [1, 2]))).toEqual(noBuckets)
  })

  it("is all of one that is new or has started over", () => {
    const all = { bounds: [1, Number.POSITIVE_INFINITY], counts: [1, 2] }
    expect(bucketsSince(undefined, explicit([1, 2], [1]))).toEqual(all)
    expect(bucketsSince(explicit([4, 4], [1]), explicit([1, 2], [1]))).toEqual(all)
  })

  it("is read at one scale where an exponential one became coarser", () => {
    // Buckets (1, 2] and (2, 4] became one, (1, 4].
    expect(bucketsSince(exponential(0, [3, 4]), exponential(-1, [9, 2]))).toEqual({
      bounds: [1, 4, 16],
      counts: [0, 2, 2]
    })
  })

  it("has negative values, zeros and positive values in ascending order", () => {
    const value = exponential(0, [1, 2], {
      count: 10,
      zeroCount: 3,
      zeroThreshold: 0.5,
      negative: { offset: 0, bucketCounts: [3, 1] }
    })
    expect(bucketsSince(undefined, value)).toEqual({
      bounds: [-4, -2, -1, -0.5, 0.5, 1, 2, 4],
      counts: [0, 1, 3, 0, 3, 0, 1, 2]
    })
  })

  it("lies above the empty buckets of an exponential one", () => {
    const slow = exponential(0, [1, 0, 0, 0, 4])
    expect(bucketsSince(undefined, slow)).toEqual({ bounds: [1, 2, 16, 32], counts: [0, 1, 0, 4] })
    const alone = exponential(3, [10], { positive: { offset: 80, bucketCounts: [10] } })
    // The bucket (2^10, 2^10.125].
    expect(quantileOf(bucketsSince(undefined, alone), 0.5)).toBe((1024 + 2 ** 10.125) / 2)
    const below = exponential(0, [], { count: 4, zeroCount: 2, negative: { offset: 2, bucketCounts: [2] } })
    expect([0.25, 0.75].map((quantile) => quantileOf(bucketsSince(undefined, below), quantile))).toEqual([
      -6,
      -Number.MIN_VALUE
    ])
  })
})

describe("a sum of distributions", () => {
  it("has the buckets of all, whatever their bounds", () => {
    const sum = makeBucketSum()
    sum.add({ bounds: [1, 2, 4], counts: [1, 2, 3] })
    sum.add({ bounds: [2, 3], counts: [10, 20] })
    sum.add({ bounds: [1, 2, 3, 4], counts: [100, 0, 0, 100] })
    sum.add(noBuckets)
    expect(sum.total()).toEqual({ bounds: [1, 2, 3, 4], counts: [101, 12, 20, 103] })
  })

  it("does not change what was added", () => {
    const first = { bounds: [1], counts: [1] }
    const sum = makeBucketSum()
    sum.add(first)
    sum.add(first)
    expect(first).toEqual({ bounds: [1], counts: [1] })
  })

  it("has a thousand buckets at most, with all values, where each sender has bounds of its own", () => {
    const sum = makeBucketSum()
    for (let sender = 0; sender < 100; sender++) {
      const bounds = Array.from({ length: 5_000 }, (_, index) => index + sender / 1_000)
      sum.add({ bounds, counts: bounds.map(() => 1) })
    }
    const { bounds, counts } = sum.total()
    expect(bounds.length).toBeLessThanOrEqual(1_000)
    expect(bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0))).toBe(true)
    expect(counts.reduce((total, count) => total + count, 0)).toBe(500_000)
    expect(Math.abs((quantileOf({ bounds, counts }, 0.5) ?? 0) - 2_500)).toBeLessThan(25)
  })

  it("is kept in 160 buckets at most, with all of its values", () => {
    const bounds = Array.from({ length: 1_000 }, (_, index) => index)
    const coarse = coarsen({ bounds, counts: bounds.map(() => 1) })
    expect(coarse.bounds.length).toBe(143)
    expect(coarse.bounds.at(-1)).toBe(999)
    expect(coarse.counts.reduce((sum, count) => sum + count, 0)).toBe(1_000)
  })
})

describe("a quantile", () => {
  it.each([
    { is: "linear within its bucket", bounds: [1, 2, 4], counts: [0, 10, 10], quantile: 0.75, expected: 3 },
    { is: "from nothing up in the first bucket", bounds: [1, 2], counts: [10, 0], quantile: 0.5, expected: 0.5 },
    { is: "the last bound where it lies beyond", bounds: [1, Infinity], counts: [1, 9], quantile: 0.95, expected: 1 },
    { is: "unknown of nothing", bounds: [1], counts: [0], quantile: 0.5, expected: undefined },
    { is: "unknown where there is no bound", bounds: [Infinity], counts: [4], quantile: 0.5, expected: undefined }
  ])("is $is", ({ bounds, counts, expected, quantile }) => {
    expect(quantileOf({ bounds, counts }, quantile)).toBe(expected)
  })
})
