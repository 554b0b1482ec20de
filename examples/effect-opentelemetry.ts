// Adds metrics to an application with NodeSdk of @effect/opentelemetry, which keeps its traces and its logs.
// Run: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npx tsx effect-opentelemetry.ts
import { NodeSdk } from "@effect/opentelemetry"
import { NodeRuntime } from "@effect/platform-node"
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { BatchLogRecordProcessor } from "@opentelemetry/sdk-logs"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Effect, Layer, Metric } from "effect"

const serviceName = "shop"

// As it was, but for its metricReader: that would read what Telemetry exports, and send all of it again.
const TracesAndLogs = NodeSdk.layer(() => ({
  resource: { serviceName },
  spanProcessor: new BatchSpanProcessor(new OTLPTraceExporter()),
  logRecordProcessor: new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })
}))

// Our metrics, and all others of Effect's. Traces and logs are NodeSdk's, whatever the variables say.
const Metrics = Telemetry.layer({ serviceName, traces: { exporter: "none" }, logs: { exporter: "none" } })

const logins = Metric.counter("shop_logins", { description: "Users that logged in.", incremental: true })

const program = Effect.gen(function* () {
  yield* Metric.increment(logins)
  yield* Effect.log("mailing")
  yield* Effect.sleep("10 millis").pipe(MetricsService.trackJob({ jobType: "mail", operation: "process" }))
}).pipe(Effect.withSpan("mail"))

const live = Layer.merge(TracesAndLogs, Metrics).pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
