/** Sums of histograms: to receivers they are counters, so there is none where it could have gone back. */
import { describe, expect, it } from "@effect/vitest"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { makeBaselines } from "../../../../src/observe/collect/points/temporality.ts"
import { collectorOf, tagged } from "../collected.ts"

const histogram = (bounds: ReadonlyArray<number>) => {
  const registry = MetricRegistry.make()
  const key = MetricKey.histogram("h", MetricBoundaries.fromIterable(bounds))
  const { drops, points } = collectorOf(registry)
  return {
    drops,
    record: (value: number, ...tags: ReadonlyArray<readonly [string, string]>) =>
      registry.getHistogram(tagged(key, ...tags)).update(value),
    points,
    value: () => points()[0]?.value
  }
}

describe("the sum of a histogram", () => {
  it("is there as long as no value was negative, and never again after one", () => {
    const { drops, record, value } = histogram([0, 10])
    record(0)
    record(5)
    expect(value()).toEqual({ count: 2, sum: 5, min: 0, max: 5, buckets: { boundaries: [0, 10], counts: [1, 1, 0] } })
    record(-1)
    expect(value()).toEqual({ count: 3, min: -1, max: 5, buckets: { boundaries: [0, 10], counts: [2, 1, 0] } })
    record(100)
    expect(value()).not.toHaveProperty("sum")
    expect(drops).toEqual([])
  })

  it("is not there where a boundary says that values may be negative", () => {
    const { record, value } = histogram([-1, 0, 1])
    record(1)
    expect(value()).toEqual({ count: 1, min: 1, max: 1, buckets: { boundaries: [-1, 0, 1], counts: [0, 0, 1, 0] } })
  })

  it("is not there where a part that it is merged of has none", () => {
    const { points, record } = histogram([1])
    record(4)
    record(-2, ["queue", ""])
    const [merged, ...more] = points()
    expect(more).toEqual([])
    // Effect's histogram doesn't know the maximum of negative values.
    expect(merged?.value).toEqual({ count: 2, min: -2, buckets: { boundaries: [1], counts: [1, 1] } })
  })

  it("is left out of deltas from then on, whose counts are right", () => {
    const { points, record } = histogram([1])
    const baselines = makeBaselines("delta")
    const delta = () => {
      const all = points().map(baselines.since)
      baselines.acknowledge(all, [1, 0])
      return all[0]?.value
    }
    record(2)
    expect(delta()).toMatchObject({ count: 1, sum: 2 })
    record(-3)
    record(4)
    expect(delta()).toEqual({ count: 2, buckets: { boundaries: [1], counts: [1, 1] } })
    record(5)
    expect(delta()).toEqual({ count: 1, buckets: { boundaries: [1], counts: [0, 1] } })
  })

  it("that is not finite refuses the point, negative or not", () => {
    for (const values of [[-1, Number.NaN], [Number.NEGATIVE_INFINITY], [Number.POSITIVE_INFINITY]]) {
      const { drops, points, record } = histogram([1])
      values.forEach((one) => record(one))
      expect(points()).toEqual([])
      expect(drops).toMatchObject([{ metric: "h", reason: "non_finite", points: 1 }])
    }
  })
})
