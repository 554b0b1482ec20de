/** Names that a summary takes up: no two metrics of one name are in one request, and who has a name keeps it. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { catalogue } from "../../../../src/observe/catalogue.ts"
import { meterOf } from "../../../../src/observe/instrument/meter.ts"
import { collectorOf, tagged } from "../collected.ts"

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

  it("ours is the only one that Prometheus calls by its names", () => {
    const registry = MetricRegistry.make()
    const { drops, values } = collectorOf(registry)
    const [counted, timed] = [catalogue.jobs.enqueued, catalogue.jobs.duration].map((row) =>
      Either.getOrThrow(meterOf(registry).define(row))
    )
    const given = [
      ["counter", "jobs_enqueued"],
      ["counter", "jobs.enqueued.total"],
      ["counter", "jobs-total-enqueued"],
      ["gauge", "jobs..enqueued/total"],
      ["gauge", "jobs_duration_seconds_count"],
      ["level", "jobs.duration.seconds.sum"],
      ["histogram", "jobs.duration_seconds"],
      ["summary", "jobs.duration.seconds"]
    ] as const
    given.forEach(([kind, name]) => others[kind]?.(registry, name))
    const key = MetricKey.counter("jobs", { incremental: true })
    registry.getCounter(tagged(key, ["time_unit", "seconds"])).update(1)
    registry.getGauge(tagged(MetricKey.gauge("jobs.duration"), ["unit", "s"], ["a", "b"])).update(1)
    const free = ["jobs_enqueued_totals", "jobs_duration_seconds_counts", "jobs_enqueued_by"]
    free.forEach((name) => others["gauge"]?.(registry, name))
    // Until ours have series, nobody takes their names from them.
    expect(values().length).toBe(given.length + 2 + free.length)
    counted?.resolve([]).record(1)
    timed?.resolve([]).record(1)
    const names = ["jobs", "jobs.duration", "jobs_duration_seconds", "jobs_enqueued_total", ...free].sort()
    expect(values().map(([name]) => name)).toEqual(names)
    expect(drops.map(({ metric, points, reason }) => [metric, points, reason]).sort()).toEqual(
      given.map(([, name]) => [name, 1, "conflict"]).sort()
    )
    expect(drops[0]?.why).toBe(
      'Prometheus calls it "jobs_enqueued_total", which is a name of the metric "jobs_enqueued_total"'
    )
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
