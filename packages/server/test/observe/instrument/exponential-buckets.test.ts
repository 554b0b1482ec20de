import { AggregationType, type ExponentialHistogram, InstrumentType, MeterProvider } from "@opentelemetry/sdk-metrics"
import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import {
  atScale,
  type ExponentialState,
  exponentialSince,
  maxBuckets,
  mergeExponential
} from "../../../src/observe/catalogue/exponential.ts"
import { ExponentialBuckets } from "../../../src/observe/instrument/exponential-buckets.ts"
import { Reader } from "../../support/sdk-reader.ts"

const recorded = (values: Iterable<number>): ExponentialState => {
  const buckets = new ExponentialBuckets()
  for (const value of values) {
    buckets.record(value)
  }
  return buckets.state()
}

/** The same by OpenTelemetry's own accumulation. */
const recordedByOtel = async (values: Iterable<number>): Promise<ExponentialState> => {
  const reader = new Reader()
  const provider = new MeterProvider({
    readers: [reader],
    views: [{ instrumentType: InstrumentType.HISTOGRAM, aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }]
  })
  const histogram = provider.getMeter("test").createHistogram("test")
  for (const value of values) {
    histogram.record(value)
  }
  const { resourceMetrics } = await reader.collect()
  const point: unknown = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value
  return stateOf(isExponential(point) ? point : undefined)
}

const isExponential = (point: unknown): point is ExponentialHistogram =>
  typeof point === "object" && point !== null && "positive" in point

const stateOf = (point: ExponentialHistogram | undefined): ExponentialState => ({
  scale: point?.scale ?? Number.NaN,
  zeroCount: point?.zeroCount ?? Number.NaN,
  offset: point?.positive.offset ?? Number.NaN,
  counts: point?.positive.bucketCounts ?? []
})

const powers = Array.from({ length: 2098 }, (_, place) => 2 ** (place - 1074))

const value = fc.oneof(
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
  fc.double({ min: 1e-4, max: 1e3, noNaN: true }),
  fc.constantFrom(0, ...powers),
  fc.constantFrom(5e-324, 2.2250738585072009e-308, 2.2250738585072014e-308, 2.225073858507202e-308, Number.MAX_VALUE)
)

// A range that a part of the values shares, as of durations, beside those of all ranges.
const values = fc.oneof(
  fc.array(value, { minLength: 1, maxLength: 300 }),
  fc
    .tuple(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), fc.double({ min: 1, max: 1e6, noNaN: true }))
    .chain(([low, times]) =>
      fc.array(fc.double({ min: low, max: low * times, noNaN: true }), { minLength: 1, maxLength: 300 })
    )
)

const total = ({ counts, zeroCount }: ExponentialState): number => counts.reduce((sum, one) => sum + one, zeroCount)

describe("exponential buckets", () => {
  it("hold what those of OpenTelemetry hold, for any values", async () => {
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        expect(recorded(given)).toEqual(await recordedByOtel(given))
      }),
      { numRuns: 500 }
    )
  })

  it("hold what those of OpenTelemetry hold, for two million values", async () => {
    for (const [lowest, decades] of [
      [-3, 0.3],
      [-3, 3],
      [-6, 11],
      [-300, 600]
    ] as const) {
      const given = Array.from({ length: 500_000 }, () => 10 ** (lowest + Math.random() * decades))
      const ours = recorded(given)
      expect(ours).toEqual(await recordedByOtel(given))
      expect(total(ours)).toBe(given.length)
    }
  })

  it("have an exact power of two in the lower one of the two buckets that it is between", () => {
    for (const power of powers.filter((one) => one >= 2 ** -1022)) {
      const { offset, scale } = recorded([power])
      expect(2 ** ((offset + 1) / 2 ** scale)).toBe(power)
    }
  })

  it("are never more than 160, whatever the range", () => {
    fc.assert(
      fc.property(values, (given) => {
        const { counts } = recorded(given)
        expect(counts.length).toBeLessThanOrEqual(maxBuckets)
        expect(counts[0]).not.toBe(0)
        expect(counts.at(-1)).not.toBe(0)
      })
    )
  })

  it("of parts, merged in any order, are those of the whole", () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const whole = recorded([...a, ...b, ...c])
        const left = mergeExponential(mergeExponential(recorded(a), recorded(b)), recorded(c))
        const right = mergeExponential(recorded(c), mergeExponential(recorded(b), recorded(a)))
        expect(left).toEqual(right)
        // What is recorded at a coarser scale meets a logarithm that is rounded once more.
        expect(left.scale).toBe(whole.scale)
        expect(total(left)).toBe(total(whole))
        expect(movedBetween(left, whole)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1_000 }
    )
  })

  it("of what came after a state are those that make up the whole with it", () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const buckets = new ExponentialBuckets()
        before.forEach((one) => buckets.record(one))
        const base = buckets.state()
        after.forEach((one) => buckets.record(one))
        const now = buckets.state()
        const delta = exponentialSince(now, base)
        expect(total(delta)).toBe(after.length)
        expect(delta.counts.every((count) => count >= 0)).toBe(true)
        expect(mergeExponential(base, delta)).toEqual(now)
      }),
      { numRuns: 1_000 }
    )
  })

  it("at a coarser scale hold as many", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -10, max: 20 }), (given, scale) => {
        const state = recorded(given)
        expect(total(atScale(state, scale))).toBe(total(state))
      })
    )
  })

  it("hold nothing before anything is recorded, and only zeros after zeros", () => {
    expect(recorded([])).toEqual({ scale: 20, zeroCount: 0, offset: 0, counts: [] })
    expect(recorded([0, 0])).toEqual({ scale: 20, zeroCount: 2, offset: 0, counts: [] })
    expect(mergeExponential(recorded([0]), recorded([3]))).toEqual({ ...recorded([3]), zeroCount: 1 })
    expect(exponentialSince(recorded([0, 0]), recorded([0]))).toEqual({
      scale: 20,
      zeroCount: 1,
      offset: 0,
      counts: []
    })
  })
})

/** How many values are in another bucket, of the two states at one scale. */
const movedBetween = (one: ExponentialState, other: ExponentialState): number => {
  const counts = new Map<number, number>()
  one.counts.forEach((count, place) => counts.set(one.offset + place, count))
  other.counts.forEach((count, place) => {
    counts.set(other.offset + place, (counts.get(other.offset + place) ?? 0) - count)
  })
  return Array.from(counts.values()).reduce((sum, difference) => sum + Math.abs(difference), 0) / 2
}
