/** External metrics in numbers that nobody should make: collection ends well, and lets others run meanwhile. */
import { expect, it } from "@effect/vitest"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { makeCollector } from "../../../src/observe/collect/registries.ts"
import { tagged } from "./collected.ts"

/** Steps of a collection without a point, in which others can run, before the first point; and how many points there are. */
const pausesOf = (registry: MetricRegistry.MetricRegistry) => {
  const collector = makeCollector({ registries: [registry], externalStartNanos: 0n, dropped: () => {} })
  let before = 0
  let points = 0
  for (const step of collector.collect(1n)) {
    before += step === undefined && points === 0 ? 1 : 0
    points += step === undefined ? 0 : 1
  }
  return { before, points }
}

it("a frequency of 10,000 words is read, and merged, with pauses in between", () => {
  const registry = MetricRegistry.make()
  const words = registry.getFrequency(MetricKey.frequency("f"))
  for (let index = 0; index < 10_000; index++) {
    words.update(`word ${index}`)
  }
  const { before, points } = pausesOf(registry)
  expect(points).toBe(10_000)
  expect(before).toBeGreaterThan((2 * 10_000) / 128)
})

it("10,000 series of a counter are walked, read and merged with pauses in between", () => {
  const registry = MetricRegistry.make()
  for (let index = 0; index < 10_000; index++) {
    registry.getCounter(tagged(MetricKey.counter("c"), ["k", `v${index}`])).update(1)
  }
  const { before, points } = pausesOf(registry)
  expect(points).toBe(10_000)
  expect(before).toBeGreaterThan((3 * 10_000) / 128)
})

it("130,000 metrics are collected, and their names are looked at with pauses in between", () => {
  const registry = MetricRegistry.make()
  for (let index = 0; index < 130_000; index++) {
    registry.getGauge(MetricKey.gauge(`g${index}`)).update(1)
  }
  const { before, points } = pausesOf(registry)
  expect(points).toBe(130_000)
  expect(before).toBeGreaterThan((3 * 130_000) / 128)
})
