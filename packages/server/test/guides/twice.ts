/** The wiring that the guide warns of: `metricReader` of NodeSdk beside `Telemetry.layer`. */
import { NodeSdk } from "@effect/opentelemetry"
import { NodeRuntime } from "@effect/platform-node"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Effect, Layer } from "effect"

const serviceName = "shop"

const Sdk = NodeSdk.layer(() => ({
  resource: { serviceName },
  metricReader: new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })
}))

const live = Layer.merge(Sdk, Telemetry.layer({ serviceName })).pipe(Layer.provideMerge(MetricsService.Default))

const job = MetricsService.trackJob(Effect.void, { jobType: "mail", operation: "process" })

NodeRuntime.runMain(Effect.provide(job, live))
