// Adds metrics to an application with a MeterProvider of OpenTelemetry's own SDK: its reader sends both.
// Run: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npx tsx meter-provider.ts
import { NodeRuntime } from "@effect/platform-node"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Effect, Layer, Metric } from "effect"

/** The application's own, but for the producer of its reader; instrumentations get their meters of it. */
class Meters extends Effect.Service<Meters>()("Meters", {
  scoped: Effect.gen(function* () {
    const producer = yield* Telemetry.metricProducer()
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      metricProducers: [producer]
    })
    const resource = resourceFromAttributes({ "service.name": "shop" })
    return yield* Effect.acquireRelease(
      Effect.sync(() => new MeterProvider({ resource, readers: [reader] })),
      // Its last export; without it, what came since the last interval is lost.
      (provider) => Effect.promise(() => provider.shutdown())
    )
  }),
  dependencies: [MetricsService.Default]
}) {}

const logins = Metric.counter("shop_logins", { description: "Users that logged in.", incremental: true })

const program = Effect.gen(function* () {
  const requests = (yield* Meters).getMeter("shop").createCounter("shop_requests")
  requests.add(1, { route: "/" })
  yield* Metric.increment(logins)
  yield* Effect.sleep("10 millis").pipe(MetricsService.trackJob({ jobType: "mail", operation: "process" }))
})

const live = Meters.Default.pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
