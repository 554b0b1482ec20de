/** Whether a histogram of several registries is exponential: all of its series are, or none is. */
import { expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as MetricRegistry from "effect/MetricRegistry"
import { meterOf } from "../../../../src/observe/instrument/meter.ts"
import { canonical, label } from "../../../../src/observe/instrument/label.ts"
import { collectorOf } from "../collected.ts"

const row = {
  name: "sizes",
  kind: "histogram",
  unit: "{item}",
  labels: ["of"],
  boundaries: [1, 10],
  help: "Sizes.",
  histogram: "exponential"
} as const

const recorded = (of: string, registry = MetricRegistry.make()) => {
  const instrument = Either.getOrThrow(meterOf(registry).define(row))
  instrument.resolve(canonical(label({ of }))).record(5)
  return registry
}

/** Which series have exponential buckets. */
const exponential = (...registries: ReadonlyArray<MetricRegistry.MetricRegistry>) =>
  collectorOf(...registries)
    .points()
    .map(({ series, type, value }) => [
      series.attributes["of"],
      type === "distribution" && value.exponential !== undefined
    ])

it("is one where all registries have them", () => {
  expect(exponential(recorded("a"), recorded("b"))).toEqual([
    ["a", true],
    ["b", true]
  ])
})

it("is none where one has hooks of its own, which know only boundaries", () => {
  const registry = MetricRegistry.make()
  const foreign = new Proxy(registry, { has: (target, name) => name !== "map" && name in target })
  expect(exponential(recorded("a"), recorded("b", foreign))).toEqual([
    ["a", false],
    ["b", false]
  ])
})
