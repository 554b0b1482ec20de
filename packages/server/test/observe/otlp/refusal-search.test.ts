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

it.effect("gets on where some series of every metric are refused", () =>
  Effect.gen(function* () {
    const points = pointsOf(200, 40)
    const isBad = ({ series }: Point) => Number(series.attributes["name"]) % 10 === 3
    const sent: Array<number> = []
    const search = new RefusalSearch(makeSearchBudget(), (part) =>
      Effect.sync(() => {
        sent.push(part.length)
        return part.some(isBad) ? "refused" : "acknowledged"
      })
    )
    const { refused } = yield* search.find(points)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.every(({ points: found }) => found.every(isBad))).toBe(true)
    expect(sent.length).toBeLessThanOrEqual(32)
  })
)
