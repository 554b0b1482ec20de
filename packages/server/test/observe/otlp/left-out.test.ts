/** What a receiver refuses is left out for an hour, whatever the clock was when it was refused. */
import { expect, it } from "@effect/vitest"
import { exportSeries, type Point } from "../../../src/observe/collect/points/point.ts"
import { makeLeftOut } from "../../../src/observe/otlp/left-out.ts"

const hourMs = 3_600_000

const point: Point = {
  type: "number",
  metric: { name: "jobs", help: "", unit: "", kind: "counter", origin: "own" },
  series: exportSeries({}, 0n),
  value: 1
}

it("leaves a series out for an hour, and not for a year after a clock that was a year ahead", () => {
  const leftOut = makeLeftOut()
  leftOut.add(point.series, 1_000)
  expect([1_000, 1_000 + hourMs - 1, 1_000 + hourMs].map((ms) => leftOut.has(point, ms))).toEqual([true, true, false])
  leftOut.add(point.series, 365 * 24 * hourMs)
  expect(leftOut.has(point, 2_000)).toBe(false)
})
