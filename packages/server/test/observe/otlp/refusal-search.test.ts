/** Which points of a refused request are found, and in how many requests. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ExportMetric, exportSeries, type Point } from "../../../src/observe/collect/points/point.ts"
import { makeSearchBudget, RefusalSearch } from "../../../src/observe/otlp/refusal-search.ts"

const metricOf = (name: string): ExportMetric => ({ name, help: "", unit: "", kind: "counter", origin: "own" })

/** So many series of so many metrics. */
const pointsOf = (metrics: number, series: number): ReadonlyArray<Point> =>
  Array.from({ length: metrics }, (_, index) => metricOf(`metric_${index}`)).flatMap((metric) =>
    Array.from({ length: series }, (_, index) => ({
      type: "number",
      metric,
      series: exportSeries({ name: String(index) }, 0n),
      value: 1
    }))
  )

/** What is found by a search, and the sizes of what it sent. */
const searched = (points: ReadonlyArray<Point>, isBad: (point: Point) => boolean) =>
  Effect.gen(function* () {
    const sent: Array<number> = []
    const search = new RefusalSearch(makeSearchBudget(), (part) =>
      Effect.sync(() => {
        sent.push(part.length)
        return part.some(isBad) ? "refused" : "acknowledged"
      })
    )
    return { sent, ...(yield* search.find(points)) }
  })

it.effect("gets on where some series of every metric are refused", () =>
  Effect.gen(function* () {
    const points = pointsOf(200, 40)
    const isBad = ({ series }: Point) => Number(series.attributes["name"]) % 10 === 3
    const { refused, sent } = yield* searched(points, isBad)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.every(({ points: found }) => found.every(isBad))).toBe(true)
    expect(sent.length).toBeLessThanOrEqual(32)
  })
)

it.effect("looks first into names and keys without a letter or a digit, which Prometheus has no form for", () =>
  Effect.gen(function* () {
    const strange = [
      ...["{}", "метрика", "---"].map((name) => ({ metric: metricOf(name), attributes: {} })),
      { metric: metricOf("metric_7"), attributes: { "{}": "x" } }
    ].map(({ attributes, metric }): Point => ({
      type: "number",
      metric,
      series: exportSeries(attributes, 0n),
      value: 1
    }))
    const points = pointsOf(200, 5).flatMap((point, index) =>
      index % 250 === 3 ? [point, ...strange.slice(index / 250, index / 250 + 1)] : [point]
    )
    const bad = new Set(strange)
    const { isComplete, refused, sent } = yield* searched(points, (point) => bad.has(point))
    expect(refused.flatMap((one) => one.points)).toHaveLength(4)
    expect({ isComplete, isFew: sent.length <= 12 }).toEqual({ isComplete: true, isFew: true })
  })
)
