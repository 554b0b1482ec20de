import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { ExponentialHistogram, ViolationKind, Histogram, Point, Series } from "../../src/receiver/receiver.ts"
import { makeStore } from "../../src/receiver/store.ts"

const common = {
  resource: { "service.name": "test" },
  scope: { name: "hand", version: "1" },
  name: "metric",
  description: "",
  unit: "s",
  attributes: { a: "one" }
}

type Times = readonly [start: number, time: number]

const times = ([start, time]: Times) => ({ startTimeUnixNano: BigInt(start), timeUnixNano: BigInt(time) })

const sum = (at: Times, value: number, temporality: "cumulative" | "delta" = "cumulative"): Point => ({
  ...common,
  ...times(at),
  kind: "sum",
  isMonotonic: true,
  temporality,
  value
})

const inMs = (point: Point): Point => ({ ...point, unit: "ms" })

const exponential = (
  at: Times,
  value: Partial<ExponentialHistogram>,
  temporality: "cumulative" | "delta" = "delta"
): Point => ({
  ...common,
  ...times(at),
  kind: "exponentialHistogram",
  temporality,
  value: { ...emptyExponential, ...value }
})

const emptyExponential: ExponentialHistogram = {
  count: 0,
  scale: 1,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: { offset: 0, bucketCounts: [] },
  negative: { offset: 0, bucketCounts: [] }
}

const gauge = (time: number, value: number): Point => ({ ...common, ...times([1, time]), kind: "gauge", value })

const distribution = (bucketCounts: ReadonlyArray<number>, sum: number): Histogram => ({
  count: bucketCounts.reduce((a, b) => a + b, 0),
  sum,
  bucketCounts,
  explicitBounds: bucketCounts.slice(1).map((_, index) => index + 1)
})

const histogram = (at: Times, value: Histogram, temporality: "cumulative" | "delta" = "cumulative"): Point => ({
  ...common,
  ...times(at),
  kind: "histogram",
  temporality,
  value
})

/** Stores each point as a request of its own. */
const after = (
  points: ReadonlyArray<Point>
): { series: ReadonlyArray<Series>; violations: ReadonlyArray<ViolationKind> } => {
  const store = makeStore()
  points.forEach((point, index) =>
    store.accept({ points: [point], imprecise: [], exemplars: [], withoutValue: [] }, index)
  )
  return { series: store.series(), violations: store.violations().map(({ kind }) => kind) }
}

const state = (points: ReadonlyArray<Point>) => {
  const { violations, series } = after(points)
  return {
    violations,
    series: series.map(({ points, resets, startTimeUnixNano, timeUnixNano, total, value }) => ({
      at: [Number(startTimeUnixNano), Number(timeUnixNano)],
      points,
      resets,
      total,
      value
    }))
  }
}

interface Case {
  readonly title: string
  readonly points: ReadonlyArray<Point>
  readonly becomes: ReturnType<typeof state>
}

const one = (
  at: Times,
  value: Series["value"],
  rest: Partial<{ points: number; resets: number; total: unknown }> = {}
) => [{ at: [...at], points: 1, resets: 0, total: value, value, ...rest } as ReturnType<typeof state>["series"][number]]

const cases: ReadonlyArray<Case> = [
  {
    title: "a cumulative sum is its latest point",
    points: [sum([1, 2], 3), sum([1, 3], 7)],
    becomes: { violations: [], series: one([1, 3], 7, { points: 2 }) }
  },
  {
    title: "a cumulative sum keeps its total over resets, and the value of its last run",
    points: [sum([1, 2], 3), sum([4, 5], 2), sum([4, 6], 5), sum([8, 9], 1)],
    becomes: { violations: ["reset", "reset"], series: one([8, 9], 1, { points: 4, resets: 2, total: 9 }) }
  },
  {
    title: "a reset that starts before the last point overlaps it",
    points: [sum([1, 5], 3), sum([4, 6], 2)],
    becomes: { violations: ["reset", "overlap"], series: one([4, 6], 2, { points: 2, resets: 1, total: 5 }) }
  },
  {
    title: "a start that moves back is a violation",
    points: [sum([3, 5], 3), sum([1, 6], 4)],
    becomes: { violations: ["start-changed"], series: one([1, 6], 4, { points: 2 }) }
  },
  {
    title: "a monotonic sum that goes down is a violation",
    points: [sum([1, 2], 3), sum([1, 3], 2)],
    becomes: { violations: ["decreased"], series: one([1, 3], 2, { points: 2 }) }
  },
  {
    title: "an older point is ignored",
    points: [sum([1, 5], 3), sum([1, 4], 2)],
    becomes: { violations: ["out-of-order"], series: one([1, 5], 3) }
  },
  {
    title: "two points with the same time are a violation, and the last one wins",
    points: [sum([1, 5], 3), sum([1, 5], 4)],
    becomes: { violations: ["duplicate"], series: one([1, 5], 4, { points: 2 }) }
  },
  {
    title: "deltas that touch are summed",
    points: [sum([1, 2], 3, "delta"), sum([2, 5], 4, "delta")],
    becomes: { violations: [], series: one([1, 5], 7, { points: 2 }) }
  },
  {
    title: "deltas with a gap are summed, and the gap is a violation",
    points: [sum([1, 2], 3, "delta"), sum([3, 5], 4, "delta")],
    becomes: { violations: ["gap"], series: one([1, 5], 7, { points: 2 }) }
  },
  {
    title: "deltas that overlap are summed, and the overlap is a violation",
    points: [sum([1, 3], 3, "delta"), sum([2, 5], 4, "delta")],
    becomes: { violations: ["overlap"], series: one([1, 5], 7, { points: 2 }) }
  },
  {
    title: "a delta that is sent again as it was is not added again",
    points: [sum([1, 3], 3, "delta"), sum([3, 5], 4, "delta"), sum([3, 5], 4, "delta")],
    becomes: { violations: ["duplicate"], series: one([1, 5], 7, { points: 2 }) }
  },
  {
    title: "a gauge is its latest point, up or down, and a late one is ignored",
    points: [gauge(5, 3), gauge(6, -1), gauge(4, 9)],
    becomes: { violations: ["out-of-order"], series: one([1, 6], -1, { points: 2 }) }
  },
  {
    title: "a cumulative histogram is its latest point, and keeps its total over resets",
    points: [
      histogram([1, 2], distribution([1, 2], 5)),
      histogram([3, 4], distribution([1, 0], 0.5)),
      histogram([3, 5], distribution([2, 1], 4))
    ],
    becomes: {
      violations: ["reset"],
      series: one([3, 5], distribution([2, 1], 4), { points: 3, resets: 1, total: distribution([3, 3], 9) })
    }
  },
  {
    title: "histograms with different boundaries are not added",
    points: [
      histogram([1, 2], distribution([1, 2], 5), "delta"),
      histogram([2, 3], distribution([1, 0, 0], 0.5), "delta")
    ],
    becomes: { violations: ["unmergeable"], series: one([1, 3], distribution([1, 0, 0], 0.5), { points: 2 }) }
  },
  {
    title: "histograms with as many, but different boundaries are not added",
    points: [
      histogram([1, 2], distribution([1, 2], 5), "delta"),
      histogram([2, 3], { ...distribution([1, 0], 0.5), explicitBounds: [9] }, "delta")
    ],
    becomes: {
      violations: ["unmergeable"],
      series: one([1, 3], { ...distribution([1, 0], 0.5), explicitBounds: [9] }, { points: 2 })
    }
  },
  {
    title: "the extremes of histograms are the outer ones, and an empty one has none to give",
    points: [
      histogram([1, 2], { ...distribution([1, 2], 5), min: 0.5, max: 3 }, "delta"),
      histogram([2, 3], distribution([0, 0], 0), "delta"),
      histogram([3, 4], { ...distribution([1, 0], 0.25), min: 0.25, max: 0.25 }, "delta")
    ],
    becomes: {
      violations: [],
      series: one([1, 4], { ...distribution([2, 2], 5.25), min: 0.25, max: 3 }, { points: 3 })
    }
  },
  {
    title: "extremes begin with the first histogram that is not empty",
    points: [
      histogram([1, 2], distribution([0, 0], 0), "delta"),
      histogram([2, 3], { ...distribution([1, 0], 0.25), min: 0.25, max: 0.25 }, "delta")
    ],
    becomes: {
      violations: [],
      series: one([1, 3], { ...distribution([1, 0], 0.25), min: 0.25, max: 0.25 }, { points: 2 })
    }
  },
  {
    title: "extremes are unknown when one histogram does not give them",
    points: [
      histogram([1, 2], distribution([1, 0], 0.5), "delta"),
      histogram([2, 3], { ...distribution([1, 0], 0.25), min: 0.25, max: 0.25 }, "delta")
    ],
    becomes: { violations: [], series: one([1, 3], distribution([2, 0], 0.75), { points: 2 }) }
  },
  {
    title: "exponential histograms of one scale are added bucket by bucket",
    points: [
      exponential([1, 2], { count: 4, sum: 4, zeroCount: 1, positive: { offset: -1, bucketCounts: [1, 2] } }),
      exponential([2, 3], {
        count: 4,
        sum: -6,
        positive: { offset: 2, bucketCounts: [1] },
        negative: { offset: 3, bucketCounts: [3] }
      })
    ],
    becomes: {
      violations: [],
      series: one(
        [1, 3],
        {
          ...emptyExponential,
          count: 8,
          sum: -2,
          zeroCount: 1,
          positive: { offset: -1, bucketCounts: [1, 2, 0, 1] },
          negative: { offset: 3, bucketCounts: [3] }
        },
        { points: 2 }
      )
    }
  },
  {
    title:
      "exponential histograms of two scales are added at the lower one, and one that does not add up is a violation",
    points: [
      exponential([1, 2], { count: 4, zeroCount: 1, positive: { offset: -1, bucketCounts: [1, 2] } }),
      exponential([2, 3], { count: 3, zeroCount: 1, scale: 0, positive: { offset: -1, bucketCounts: [1] } })
    ],
    becomes: {
      violations: ["inconsistent"],
      series: one(
        [1, 3],
        { ...emptyExponential, count: 7, zeroCount: 2, scale: 0, positive: { offset: -1, bucketCounts: [2, 2] } },
        { points: 2 }
      )
    }
  },
  {
    title: "a cumulative exponential histogram keeps its total over resets, whatever the scales of its runs",
    points: [
      exponential([1, 2], { count: 3, positive: { offset: -1, bucketCounts: [1, 2] } }, "cumulative"),
      exponential([3, 4], { count: 1, scale: 0, positive: { offset: 5, bucketCounts: [1] } }, "cumulative"),
      exponential([3, 5], { count: 2, scale: -1, positive: { offset: 2, bucketCounts: [2] } }, "cumulative")
    ],
    becomes: {
      violations: ["reset"],
      series: one(
        [3, 5],
        { ...emptyExponential, count: 2, scale: -1, positive: { offset: 2, bucketCounts: [2] } },
        {
          points: 3,
          resets: 1,
          total: { ...emptyExponential, count: 5, scale: -1, positive: { offset: -1, bucketCounts: [1, 2, 0, 2] } }
        }
      )
    }
  },
  {
    title: "a scale, a bucket or a zero threshold that no sender can mean is a violation",
    points: [
      exponential([1, 2], { scale: 21 }),
      exponential([2, 3], { scale: -11 }),
      exponential([3, 4], { zeroThreshold: -1 }),
      exponential([4, 5], { zeroThreshold: Number.NaN })
    ],
    becomes: {
      violations: ["out-of-range", "out-of-range", "inconsistent", "non-finite"],
      series: one([1, 5], { ...emptyExponential, scale: -11 }, { points: 4 })
    }
  },
  {
    title: "a histogram that counts less than its buckets hold is a violation",
    points: [histogram([1, 2], { ...distribution([1, 2], 5), count: 2 })],
    becomes: { violations: ["inconsistent"], series: one([1, 2], { ...distribution([1, 2], 5), count: 2 }) }
  },
  {
    title: "a metric that changes its kind is a conflict, and starts over",
    points: [sum([1, 2], 3), gauge(3, 1)],
    becomes: { violations: ["conflict"], series: one([1, 3], 1) }
  },
  {
    title: "a metric that changes its temporality is a conflict, and starts over",
    points: [sum([1, 2], 3), sum([2, 3], 1, "delta")],
    becomes: { violations: ["conflict"], series: one([2, 3], 1) }
  },
  {
    title: "a metric that changes its unit is a conflict, once",
    points: [sum([1, 2], 3), inMs(sum([1, 3], 4)), inMs(sum([1, 4], 5))],
    becomes: { violations: ["conflict"], series: one([1, 4], 5, { points: 3 }) }
  },
  {
    title: "a point that contradicts itself is a violation",
    points: [
      sum([5, 2], 3),
      sum([0, 6], 4),
      sum([7, 8], Number.NaN),
      histogram([1, 9], { ...distribution([1, 2], 5), count: 4 })
    ],
    becomes: {
      violations: ["inconsistent", "no-start", "start-changed", "non-finite", "reset", "conflict", "inconsistent"],
      series: one([1, 9], { ...distribution([1, 2], 5), count: 4 })
    }
  },
  {
    title: "the sentinels of an empty histogram are violations",
    points: [histogram([1, 2], { ...distribution([0, 0], 0), min: Number.MAX_VALUE, max: 5e-324 })],
    becomes: {
      violations: ["inconsistent", "inconsistent"],
      series: one([1, 2], { ...distribution([0, 0], 0), min: Number.MAX_VALUE, max: 5e-324 })
    }
  },
  {
    title: "boundaries that do not increase are a violation",
    points: [histogram([1, 2], { ...distribution([1, 0, 0], 1), explicitBounds: [2, 2] })],
    becomes: {
      violations: ["inconsistent"],
      series: one([1, 2], { ...distribution([1, 0, 0], 1), explicitBounds: [2, 2] })
    }
  }
]

describe("the store", () => {
  for (const { becomes, points, title } of cases) {
    it.effect(title, () => Effect.sync(() => expect(state(points)).toEqual(becomes)))
  }

  it.effect("takes the buckets of all doubles, at every scale, and reports those beyond them", () =>
    Effect.sync(() => {
      const violationsOf = (scale: number, offset: number) =>
        after([exponential([1, 2], { count: 1, scale, positive: { offset, bucketCounts: [1, 0] } })]).violations
      for (const [scale, first, last] of [
        [-10, -2, 0],
        [-1, -538, 511],
        [0, -1_075, 1_023],
        [3, -8_600, 8_191],
        [20, -1_127_219_200, 1_073_741_823]
      ] as const) {
        expect([violationsOf(scale, first), violationsOf(scale, last)]).toEqual([[], []])
        expect([violationsOf(scale, first - 1), violationsOf(scale, last + 1)]).toEqual([
          ["out-of-range"],
          ["out-of-range"]
        ])
      }
    })
  )

  it.effect("keeps series apart by resource, scope, name and attributes, whatever the order of attributes", () =>
    Effect.sync(() => {
      const base = { ...sum([1, 2], 1), attributes: { a: "one", b: 2 } }
      const { series } = after([
        base,
        { ...base, attributes: { b: 2, a: "one" }, ...times([1, 3]) },
        { ...base, attributes: { a: "one", b: "2" } },
        { ...base, attributes: {} },
        { ...base, name: "other" },
        { ...base, scope: { name: "hand", version: "2" } },
        { ...base, resource: { "service.name": "other" } }
      ])
      expect(series.map(({ points }) => points)).toEqual([2, 1, 1, 1, 1, 1])
    })
  )

  it.effect("reports a conflict once, and not for every point that follows", () =>
    Effect.sync(() => {
      const other = { ...sum([1, 2], 1), name: "other" }
      const [second, third] = [inMs(sum([1, 3], 4)), inMs(sum([1, 4], 5))]
      expect(after([sum([1, 2], 3), other, second, { ...other, ...times([1, 3]) }, third]).violations).toEqual([
        "conflict"
      ])
    })
  )

  it.effect("finds by name, and by exact attributes", () =>
    Effect.sync(() => {
      const store = makeStore()
      const points = [{}, { a: "one" }, { a: "one", b: "two" }].map((attributes, index) => ({
        ...sum([1, 2], index),
        attributes
      }))
      store.accept({ points, imprecise: [], exemplars: [], withoutValue: [] }, 0)
      const values = (attributes?: Record<string, string>) => store.find("metric", attributes).map(({ total }) => total)
      expect([
        values(),
        values({}),
        values({ a: "one" }),
        values({ b: "two", a: "one" }),
        values({ a: "two" })
      ]).toEqual([[0, 1, 2], [0], [1], [2], []])
      expect(store.find("other")).toEqual([])
    })
  )
})

/** Increments of one series, cut into intervals and into runs. */
const runs = fc.array(
  fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.array(fc.nat(20), { minLength: 3, maxLength: 3 })), {
    minLength: 1,
    maxLength: 10
  }),
  { minLength: 1, maxLength: 5 }
)

const plus = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.map((count, index) => count + (b[index] ?? 0))

const countOf = (counts: ReadonlyArray<number>) => counts.reduce((a, b) => a + b, 0)

/** The same increments as deltas and as cumulative points, starting over with each run. */
const pointsOf = (program: ReadonlyArray<ReadonlyArray<readonly [width: number, counts: ReadonlyArray<number>]>>) => {
  const points = { deltas: Array<Point>(), cumulative: Array<Point>(), deltaSums: Array<Point>(), sums: Array<Point>() }
  let total: ReadonlyArray<number> = [0, 0, 0]
  let now = 1
  for (const run of program) {
    const start = now
    let counted: ReadonlyArray<number> = [0, 0, 0]
    for (const [width, counts] of run) {
      const before = now
      now += width
      counted = plus(counted, counts)
      total = plus(total, counts)
      points.deltas.push(histogram([before, now], distribution(counts, countOf(counts)), "delta"))
      points.cumulative.push(histogram([start, now], distribution(counted, countOf(counted))))
      points.deltaSums.push(sum([before, now], countOf(counts), "delta"))
      points.sums.push(sum([start, now], countOf(counted)))
    }
  }
  return { ...points, total }
}

describe("for all programs", () => {
  it.effect("deltas that touch, and cumulative points over resets, add up to what was counted", () =>
    Effect.sync(() =>
      fc.assert(
        fc.property(runs, (program) => {
          const { cumulative, deltas, deltaSums, sums, total } = pointsOf(program)
          const totals = (points: ReadonlyArray<Point>) => after(points).series.map(({ total }) => total)
          const expected = distribution(total, countOf(total))
          expect(totals(deltas)).toEqual([expected])
          expect(totals(cumulative)).toEqual([expected])
          expect(totals(deltaSums)).toEqual([countOf(total)])
          expect(totals(sums)).toEqual([countOf(total)])
          expect(after(deltas).violations).toEqual([])
          expect(after(sums).violations).toEqual(program.slice(1).map(() => "reset"))
        })
      )
    )
  )

  it.effect("a delta that is lost leaves a gap, or is the first or the last", () =>
    Effect.sync(() =>
      fc.assert(
        fc.property(runs, fc.nat(), (program, choice) => {
          const { deltaSums } = pointsOf(program)
          const lost = choice % deltaSums.length
          const isInner = lost > 0 && lost < deltaSums.length - 1
          const { violations } = after(deltaSums.filter((_, index) => index !== lost))
          expect(violations).toEqual(isInner ? ["gap"] : [])
        })
      )
    )
  )

  it.effect("a delta that comes twice counts once", () =>
    Effect.sync(() =>
      fc.assert(
        fc.property(runs, fc.nat(), (program, choice) => {
          const { deltaSums } = pointsOf(program)
          const twice = choice % deltaSums.length
          const again = after(deltaSums.flatMap((point, index) => (index === twice ? [point, point] : [point])))
          expect(again.violations).toEqual(["duplicate"])
          expect(again.series).toEqual(after(deltaSums).series)
        })
      )
    )
  )
})
