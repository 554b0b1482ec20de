import { describe, expect, it } from "vitest"
import { stepsOf } from "../../src/page/charts/steps.ts"
import { formatQuantity } from "../../src/page/text/quantity.ts"

/** The first labels above zero of an axis up to a value, at most five of them. */
const labels = (high: number, unit: string) => {
  const step = stepsOf(unit).find((one) => high / one <= 5) ?? Number.NaN
  return [1, 2, 3].map((count) => formatQuantity(count * step, unit))
}

describe("steps", () => {
  it("make labels round numbers of their unit", () => {
    expect(labels(95, "")).toEqual(["20", "40", "60"])
    expect(labels(0.0023, "s")).toEqual(["500 µs", "1 ms", "1.5 ms"])
    expect(labels(40, "s")).toEqual(["10 s", "20 s", "30 s"])
    expect(labels(1300, "s")).toEqual(["5 min", "10 min", "15 min"])
    expect(labels(9000, "s")).toEqual(["30 min", "1 h", "1 h 30 min"])
    expect(labels(300_000_000, "By")).toEqual(["64 MiB", "128 MiB", "192 MiB"])
  })

  it("become larger", () => {
    for (const unit of ["s", "By", "{job}"]) {
      const steps = stepsOf(unit)
      expect(steps.filter((step, index) => step <= (steps[index - 1] ?? 0))).toEqual([])
    }
  })
})
