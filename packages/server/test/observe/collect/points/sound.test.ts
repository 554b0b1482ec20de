/** Values that no receiver can take: refused alone, and never made up or merged into a good one. */
import { describe, expect, it } from "@effect/vitest"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { collectorOf, tagged } from "../collected.ts"

describe("a value", () => {
  it("that is not finite leaves the series that it would be merged with as it is", () => {
    const registry = MetricRegistry.make()
    registry.getGauge(MetricKey.gauge("g")).update(Number.NaN)
    registry.getGauge(tagged(MetricKey.gauge("g"), ["queue", ""])).update(5)
    const { drops, values } = collectorOf(registry)
    expect(values()).toEqual([["g", {}, 5]])
    expect(drops).toMatchObject([{ metric: "g", reason: "non_finite", points: 1 }])
  })

  it("that is no number is refused, and no number is made of it", () => {
    for (const odd of [null, undefined, "5", "", true, {}, Symbol("x")]) {
      const registry = MetricRegistry.make()
      registry.getGauge(MetricKey.gauge("g")).update(odd as unknown as number)
      registry.getGauge(MetricKey.gauge("good")).update(1)
      const { drops, values } = collectorOf(registry)
      expect(values()).toEqual([["good", {}, 1]])
      expect(drops).toMatchObject([{ metric: "g", reason: "non_finite", points: 1 }])
    }
  })

  it("that is a whole number beyond doubles is refused, and one that fits is rounded", () => {
    const registry = MetricRegistry.make()
    const counter = (name: string) => MetricKey.counter(name, { bigint: true, incremental: true })
    registry.getCounter(counter("large")).update(2n ** 64n)
    registry.getCounter(counter("larger")).update(2n ** 1024n)
    const { drops, values } = collectorOf(registry)
    expect(values()).toEqual([["large", {}, 2 ** 64]])
    expect(drops).toMatchObject([{ metric: "larger", reason: "non_finite", points: 1 }])
  })
})

it("a metric named as a property of every object has the unit that it says, which is none", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const registry = MetricRegistry.make()
    registry.getGauge(tagged(MetricKey.gauge(name), [name, name])).update(1)
    const [point] = collectorOf(registry).points()
    expect([point?.metric.name, point?.metric.unit]).toEqual([name, ""])
    expect(Object.entries(point?.series.attributes ?? {})).toEqual([[name, name]])
  }
})
