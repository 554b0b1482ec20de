/** What the types promise. A line that stops being an error fails the type check: `@ts-expect-error` must be needed. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricState from "effect/MetricState"
import { type DefinitionError, type HandlesOf, MetricsService } from "../../src/observe/metrics.ts"

declare const metrics: MetricsService
declare const effect: Effect.Effect<"value", "error", "requirement">

// Types alone: nothing below runs.
const checked = () => {
  const job = MetricsService.trackJob({ jobType: "j", operation: "process" })(effect)
  expectTypeOf(job).toEqualTypeOf<Effect.Effect<"value", "error", "requirement" | MetricsService>>()
  const cluster = MetricsService.trackCluster(effect, { operation: "send", entityType: "e" })
  expectTypeOf(cluster).toEqualTypeOf<Effect.Effect<"value", "error", "requirement" | MetricsService>>()
  expectTypeOf(effect.pipe(MetricsService.trackCluster({ operation: "send", entityType: "e" }))).toEqualTypeOf(cluster)

  expectTypeOf(MetricsService.Default).toEqualTypeOf<Layer.Layer<MetricsService>>()
  expectTypeOf(MetricsService.layer({})).toEqualTypeOf<Layer.Layer<MetricsService, DefinitionError>>()

  expectTypeOf(metrics.jobs.enqueued).toExtend<Metric.Metric.Counter<number>>()
  expectTypeOf(metrics.jobs.dlqSize).toExtend<Metric.Metric.Gauge<number>>()
  expectTypeOf(metrics.jobs.duration).toExtend<
    Metric.Metric<MetricKeyType.MetricKeyType.Histogram, Duration.Duration, MetricState.MetricState.Histogram>
  >()
  expectTypeOf(MetricsService.inc(metrics.jobs.enqueued, MetricsService.label({ job_type: "j" }))).toEqualTypeOf<
    Effect.Effect<void>
  >()

  // @ts-expect-error a duration metric takes no number
  Metric.update(metrics.jobs.duration, 5)
  // @ts-expect-error the label is not declared by the metric
  MetricsService.inc(metrics.jobs.enqueued, MetricsService.label({ jobType: "j" }))
  // @ts-expect-error the label is not declared by the metric
  MetricsService.series(metrics.jobs.failures, { job_type: "j", priority: "high" })
  // @ts-expect-error no such operation
  MetricsService.trackJob({ jobType: "j", operation: "retry" })
  // @ts-expect-error a counter is no gauge
  MetricsService.gauge(metrics.jobs.enqueued, MetricsService.label({}), 1)

  const rows = {
    calls: { name: "calls_total", kind: "counter", unit: "{call}", labels: ["route"], help: "C." }
  } as const
  const defined = MetricsService.define(rows)
  expectTypeOf(defined).toEqualTypeOf<Effect.Effect<HandlesOf<typeof rows>, DefinitionError, MetricsService>>()
  return Effect.map(defined, ({ calls }) => {
    MetricsService.inc(calls, MetricsService.label({ route: "/" }))
    // @ts-expect-error the label is not declared by the metric
    return MetricsService.inc(calls, MetricsService.label({ path: "/" }))
  })
}

describe("the types", () => {
  it("are checked by the compiler, in the step typecheck of the gate", () => {
    expectTypeOf(checked).toBeFunction()
  })
})
