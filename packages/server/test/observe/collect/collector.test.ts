/** What `registries` leaves out. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { collectorOf, type Registries } from "../../../src/observe/collect/collector.ts"
import type { DefinitionError } from "../../../src/observe/metrics.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"

const rows = {
  ours: { name: "collector_test_ours_total", kind: "counter", unit: "{call}", labels: [], help: "Ours." }
} as const

/** The names that go out, of those that this test makes. */
const namesOf = (registries: Registries, service: Layer.Layer<MetricsService, DefinitionError>) =>
  Effect.gen(function* () {
    const { ours } = yield* MetricsService.define(rows)
    yield* MetricsService.inc(ours, {})
    const { collector } = yield* collectorOf(yield* MetricsService, registries)
    const names = Array.from(collector.collect(1n), (step) => step?.metric.name ?? "")
    return Array.from(new Set(names.filter((name) => name.startsWith("collector_test_")))).sort()
  }).pipe(Effect.provide(service))

const external = Effect.zipRight(
  Metric.increment(Metric.counter("collector_test_external")),
  // Of the name of ours, and not ours.
  Metric.increment(Metric.tagged(Metric.counter("collector_test_ours_total"), "by", "another"))
)

describe('registries: "own"', () => {
  it.effect("leaves out what is not ours from the global registry, which the default service has", () =>
    Effect.gen(function* () {
      yield* external
      expect(yield* namesOf("own", MetricsService.Default)).toEqual(["collector_test_ours_total"])
      expect(yield* namesOf("all", MetricsService.Default)).toContain("collector_test_external")
    })
  )

  it.effect("leaves out the global registry, and nothing of the service's own", () =>
    Effect.gen(function* () {
      yield* external
      const registry = MetricRegistry.make()
      registry.getCounter(MetricKey.counter("collector_test_beside")).update(1)
      expect(yield* namesOf("own", MetricsService.layer({ registry }))).toEqual([
        "collector_test_beside",
        "collector_test_ours_total"
      ])
    })
  )
})
