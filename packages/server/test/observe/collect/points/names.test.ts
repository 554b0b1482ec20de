/** Names that a summary takes up: no two metrics of one name are in one request, and who has a name keeps it. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { meterOf } from "../../../../src/observe/instrument/meter.ts"
import { collectorOf } from "../collected.ts"

const summary = (registry: MetricRegistry.MetricRegistry, name: string) =>
  registry
    .getSummary(MetricKey.summary({ name, maxAge: Duration.minutes(1), maxSize: 9, error: 0, quantiles: [0.5] }))
    .update([4, Date.now()])

const others: Readonly<Record<string, (registry: MetricRegistry.MetricRegistry, name: string) => void>> = {
  counter: (registry, name) => registry.getCounter(MetricKey.counter(name, { incremental: true })).update(1),
  level: (registry, name) => registry.getCounter(MetricKey.counter(name)).update(1),
  gauge: (registry, name) => registry.getGauge(MetricKey.gauge(name)).update(1),
  frequency: (registry, name) => registry.getFrequency(MetricKey.frequency(name)).update("a"),
  histogram: (registry, name) =>
    registry.getHistogram(MetricKey.histogram(name, MetricBoundaries.fromIterable([1]))).update(1),
  summary
}

describe("a summary and a metric of one of its names", () => {
  for (const suffix of ["_count", "_sum", "_quantiles"]) {
    for (const [kind, add] of Object.entries(others)) {
      it(`are never both there: req${suffix} as a ${kind}`, () => {
        const registry = MetricRegistry.make()
        summary(registry, "req")
        add(registry, `req${suffix}`)
        add(registry, "another")
        const { drops, values } = collectorOf(registry)
        const names = values().map(([name]) => name)
        const [stands, lost] = names.includes("req") ? ["req", `req${suffix}`] : [`req${suffix}`, "req"]
        expect(names).toEqual(["another", stands].sort())
        expect(drops).toMatchObject([{ metric: lost, reason: "conflict", points: 1 }])
        expect(drops[0]?.why).toBe(`the name "req${suffix}" is taken by the metric "${stands}"`)
      })
    }
  }

  it("whoever had the name first keeps it, whatever comes later", () => {
    for (const isSummaryFirst of [true, false]) {
      const registry = MetricRegistry.make()
      const { drops, values } = collectorOf(registry)
      const names = () => values().map(([name]) => name)
      const [first, second] = isSummaryFirst
        ? [() => summary(registry, "req"), () => others["counter"]?.(registry, "req_count")]
        : [() => others["counter"]?.(registry, "req_count"), () => summary(registry, "req")]
      first()
      const stands = names()
      second()
      for (let index = 0; index < 20; index++) {
        others["gauge"]?.(registry, `another_${index}`)
        expect(names().filter((name) => name.startsWith("req"))).toEqual(stands)
      }
      expect(drops.length).toBe(20)
    }
  })

  it("ours has its name, also where it comes last, and then the summary's other names are free", () => {
    const registry = MetricRegistry.make()
    const { values } = collectorOf(registry)
    const names = () => values().flatMap(([name]) => (name.startsWith("req") ? [name] : []))
    summary(registry, "req")
    others["gauge"]?.(registry, "req_sum")
    expect(names().length).toBe(1)
    const row = { name: "req_count", kind: "gauge", unit: "{x}", labels: [], help: "Ours." } as const
    Either.getOrThrow(meterOf(registry).define(row)).resolve([]).record(1)
    names()
    expect(names()).toEqual(["req_count", "req_sum"])
  })
})
