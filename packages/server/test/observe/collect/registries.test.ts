/** `telemetry_series`: how many series each metric has now, itself included, and 0 once it has none. */
import { expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as MetricRegistry from "effect/MetricRegistry"
import { catalogue } from "../../../src/observe/catalogue.ts"
import { meterOf } from "../../../src/observe/instrument/meter.ts"
import { makeCollector } from "../../../src/observe/collect/registries.ts"
import { canonical, label } from "../../../src/observe/instrument/label.ts"

it("telemetry_series counts series as they are at each collection, its own from the first on", () => {
  const registry = MetricRegistry.make()
  const meter = meterOf(registry)
  // Before those that it counts, and after some: the order in which they were defined does not matter.
  const retries = Either.getOrThrow(meter.define(catalogue.jobs.retries))
  Either.getOrThrow(meter.define(catalogue.telemetry.series))
  const enqueued = Either.getOrThrow(meter.define(catalogue.jobs.enqueued))
  const collector = makeCollector({ registries: [registry], externalStartNanos: 0n, dropped: () => {} })
  const counts = () => {
    const found: Record<string, unknown> = {}
    for (const step of collector.collect(1n)) {
      if (step?.metric.name === "telemetry_series") {
        found[step.series.attributes["metric"] ?? ""] = step.value
      }
    }
    return found
  }
  expect(counts()).toEqual({ telemetry_series: 1 })
  for (const job_type of ["a", "b"]) {
    enqueued.resolve(canonical(label({ job_type })))
  }
  retries.resolve([])
  expect(counts()).toEqual({ telemetry_series: 3, jobs_enqueued_total: 2, jobs_retried_total: 1 })
  meter.remove(enqueued, () => true)
  expect(counts()).toEqual({ telemetry_series: 3, jobs_enqueued_total: 0, jobs_retried_total: 1 })
})

it("telemetry_series over its limit is counted once for each metric, and its sum is right", () => {
  const registry = MetricRegistry.make()
  const meter = meterOf(registry)
  const { jobs, telemetry } = catalogue
  Either.getOrThrow(meter.define(telemetry.series, { limits: { metrics: { [telemetry.series.name]: 2 } } }))
  for (const row of [jobs.enqueued, jobs.retries, jobs.failures]) {
    Either.getOrThrow(meter.define(row)).resolve([])
  }
  const collector = makeCollector({ registries: [registry], externalStartNanos: 0n, dropped: () => {} })
  const sums = () => {
    const found: Record<string, number> = {}
    for (const step of collector.collect(1n)) {
      const value = step?.value
      if (step !== undefined && typeof value === "number") {
        found[step.metric.name] = (found[step.metric.name] ?? 0) + value
      }
    }
    return [found["telemetry_series"], found["telemetry_series_overflow_total"]]
  }
  sums()
  // Two series of its own, three of jobs, and one of the counter of what was folded.
  expect([sums(), sums()]).toEqual([
    [6, 4],
    [6, 4]
  ])
})
