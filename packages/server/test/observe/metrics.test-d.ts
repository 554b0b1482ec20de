/** The types of `MetricsService`: layers, and what can be done with the handles of each kind. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { expectTypeOf } from "vitest"
import {
  type Counter,
  type DefinitionError,
  type Distribution,
  type Gauge,
  type HandlesOf,
  MetricsService,
  type Seconds
} from "../../src/observe/metrics.ts"

declare const metrics: MetricsService

expectTypeOf(MetricsService.Default).toEqualTypeOf<Layer.Layer<MetricsService>>()
expectTypeOf(MetricsService.layer({})).toEqualTypeOf<Layer.Layer<MetricsService, DefinitionError>>()

// The catalogue: a handle has the kind and the label names of its row, and is a metric of Effect's.
expectTypeOf(metrics.jobs.enqueued).toEqualTypeOf<Counter<"job_type" | "operation" | "priority">>()
expectTypeOf(metrics.jobs.dlqSize).toEqualTypeOf<Gauge<"job_type">>()
expectTypeOf(metrics.jobs.duration).toEqualTypeOf<Seconds<"job_type" | "operation" | "priority">>()
expectTypeOf(metrics.jobs.attempts).toEqualTypeOf<Distribution<"job_type" | "operation" | "priority">>()
expectTypeOf(metrics.jobs.enqueued).toExtend<Metric.Metric.Counter<number>>()
expectTypeOf(metrics.jobs.dlqSize).toExtend<Metric.Metric.Gauge<number>>()
expectTypeOf(metrics.jobs.attempts).toExtend<Metric.Metric.Histogram<number>>()
expectTypeOf(metrics.jobs.duration).toExtend<
  Metric.Metric<Metric.Metric.Histogram<number>["keyType"], Duration.Duration, unknown>
>()
expectTypeOf(Metric.update(metrics.jobs.duration, Duration.seconds(1))).toEqualTypeOf<Effect.Effect<void>>()
// @ts-expect-error a duration metric takes no number
Metric.update(metrics.jobs.duration, 5)
// @ts-expect-error a histogram of counts takes no duration
Metric.update(metrics.jobs.attempts, "1 second")

// Own metrics.
const rows = {
  calls: { name: "calls_total", kind: "counter", unit: "{call}", labels: ["route"], help: "Calls." },
  open: { name: "calls_open", kind: "upDownCounter", unit: "{call}", labels: ["route"], help: "Calls that run." },
  size: { name: "cache_bytes", kind: "gauge", unit: "By", labels: [], help: "Size of the cache." },
  time: { name: "call_seconds", kind: "histogram", unit: "s", labels: ["route", "outcome"], help: "Time of calls." },
  rows: {
    name: "call_rows",
    kind: "histogram",
    unit: "{row}",
    labels: ["route"],
    help: "Rows of calls.",
    boundaries: [1]
  }
} as const
const defined = MetricsService.define(rows)
expectTypeOf(defined).toEqualTypeOf<Effect.Effect<HandlesOf<typeof rows>, DefinitionError, MetricsService>>()
expectTypeOf<Effect.Effect.Success<typeof defined>>().branded.toEqualTypeOf<{
  readonly calls: Counter<"route">
  readonly open: Gauge<"route">
  readonly size: Gauge<never>
  readonly time: Seconds<"route" | "outcome">
  readonly rows: Distribution<"route">
}>()
// @ts-expect-error no such kind
MetricsService.define({ words: { name: "words", kind: "frequency", unit: "{word}", labels: [], help: "Words." } })
// @ts-expect-error a row says what it counts
MetricsService.define({ calls: { name: "calls_total", kind: "counter", unit: "{call}", labels: [] } })

// Without rows written as constants, the label names are still those of the call.
expectTypeOf(
  Effect.map(
    MetricsService.define({
      calls: { name: "calls_total", kind: "counter", unit: "{call}", labels: ["route"], help: "Calls." }
    }),
    ({ calls }) => calls
  )
).toEqualTypeOf<Effect.Effect<Counter<"route">, DefinitionError, MetricsService>>()

// What goes with which kind.
expectTypeOf(MetricsService.gauge(metrics.jobs.dlqSize, {}, -1)).toEqualTypeOf<Effect.Effect<void>>()
// @ts-expect-error a counter is no gauge
MetricsService.gauge(metrics.jobs.enqueued, {}, 1)
// @ts-expect-error a gauge is no counter
MetricsService.inc(metrics.jobs.dlqSize, {})
// @ts-expect-error a gauge is observed, not a counter
MetricsService.observe(metrics.jobs.enqueued, () => [])
