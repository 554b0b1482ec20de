/** External metrics in numbers that nobody should make: collection ends well, and lets others run meanwhile. */
import { expect, it } from "@effect/vitest"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { makeCollector } from "../../src/observe/collect/registries.ts"
import { tagged } from "../observe/collect/collected.ts"

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

const cases = [
  {
    what: "a frequency of 10,000 words is read and merged",
    points: 10_000,
    passes: 2,
    record: (registry: MetricRegistry.MetricRegistry, index: number) =>
      registry.getFrequency(MetricKey.frequency("f")).update(`word ${index}`)
  },
  {
    what: "10,000 series of a counter are walked, read and merged",
    points: 10_000,
    passes: 3,
    record: (registry: MetricRegistry.MetricRegistry, index: number) =>
      registry.getCounter(tagged(MetricKey.counter("c"), ["k", `v${index}`])).update(1)
  },
  {
    what: "130,000 metrics are walked, grouped and looked at by name",
    points: 130_000,
    passes: 3,
    record: (registry: MetricRegistry.MetricRegistry, index: number) =>
      registry.getGauge(MetricKey.gauge(`g${index}`)).update(1)
  }
]

for (const { passes, points, record, what } of cases) {
  it(`${what} with pauses in between`, () => {
    const registry = MetricRegistry.make()
    for (let index = 0; index < points; index++) {
      record(registry, index)
    }
    const found = pausesOf(registry)
    expect(found.points).toBe(points)
    expect(found.before).toBeGreaterThan((passes * points) / 128)
  })
}
