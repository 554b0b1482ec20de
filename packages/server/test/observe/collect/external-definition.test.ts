/** Keys that can't be read: their metric is left out alone, whatever a program in JavaScript has made of them. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import type * as MetricLabel from "effect/MetricLabel"
import * as MetricRegistry from "effect/MetricRegistry"
import { collectorOf, tagged } from "./collected.ts"

const labelled = (label: unknown) =>
  MetricKey.taggedWithLabels(MetricKey.gauge("bad"), [label as MetricLabel.MetricLabel])

const summary = (quantiles: unknown) =>
  MetricKey.summary({
    name: "bad",
    maxAge: Duration.minutes(1),
    maxSize: 9,
    error: 0,
    quantiles: quantiles as ReadonlyArray<number>
  })

const throwing = {
  get key(): string {
    throw new Error("not now")
  },
  value: "a"
}

/** What goes into a registry under the name `bad`. */
const bad: Readonly<Record<string, (registry: MetricRegistry.MetricRegistry) => void>> = {
  "a label that is null": (registry) => registry.getGauge(labelled(null)).update(1),
  "a label that is undefined": (registry) => registry.getGauge(labelled(undefined)).update(1),
  "a label that throws": (registry) => registry.getGauge(labelled(throwing)).update(1),
  "quantiles that are no list": (registry) => void registry.getSummary(summary(new Set([0.5]))),
  "quantiles that are texts": (registry) => void registry.getSummary(summary(["0.5"]))
}

describe("an external metric with", () => {
  for (const [what, put] of Object.entries(bad)) {
    it(`${what} is left out alone, and counted`, () => {
      const registry = MetricRegistry.make()
      registry.getGauge(MetricKey.gauge("good")).update(1)
      put(registry)
      registry.getGauge(tagged(MetricKey.gauge("good"), ["a", "b"])).update(2)
      const { drops, values } = collectorOf(registry)
      for (const _ of [1, 2]) {
        expect(values()).toEqual([
          ["good", {}, 1],
          ["good", { a: "b" }, 2]
        ])
      }
      const points = drops.map(({ metric, part, points: lost }) => [metric, part, lost])
      expect(points).toEqual([
        ["bad", undefined, 1],
        ["bad", undefined, 1]
      ])
    })
  }
})

it("a histogram that was given nothing has no least value, rather than one that is none", () => {
  const registry = MetricRegistry.make()
  const hook = registry.getHistogram(MetricKey.histogram("h", MetricBoundaries.fromIterable([1])))
  const given: ReadonlyArray<unknown> = [null, 5]
  given.forEach((value) => hook.update(value as number))
  expect(collectorOf(registry).values()).toEqual([
    ["h", {}, { count: 2, sum: 5, max: 5, buckets: { boundaries: [1], counts: [1, 1] } }]
  ])
})
