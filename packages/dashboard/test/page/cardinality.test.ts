import { describe, expect, it } from "vitest"
import { bestLabel, cardinality } from "../../src/page/series/cardinality.ts"

const series = Array.from({ length: 40 }, (_, index) => ({
  tenant: `tenant-${index}`,
  type: `type-${index % 3}`,
  operation: "process",
  ...(index < 5 ? JSON.parse(`{ "__proto__": "x" }`) : {})
}))

describe("cardinality", () => {
  it("counts the values of each label, the one with the most first", () => {
    expect(cardinality(series)).toEqual([
      { label: "tenant", values: 40, series: 40 },
      { label: "type", values: 3, series: 40 },
      { label: "operation", values: 1, series: 40 },
      { label: "__proto__", values: 1, series: 5 }
    ])
    expect(cardinality([])).toEqual([])
  })

  it("tells a metric apart by the label with the most values that can be drawn", () => {
    expect(bestLabel(cardinality(series))).toBe("type")
    expect(bestLabel(cardinality(series.map(({ tenant }) => ({ tenant }))))).toBe("tenant")
    expect(bestLabel(cardinality([{ a: "1" }, { a: "1" }]))).toBe("")
  })
})
