/**
 * The two ways to export what Effect's tracer or logger records: ours, and OpenTelemetry's batch processors with its OTLP
 * exporters. Tracer, logger, SDK, queues, batches and protocol are the same.
 */
import * as EffectLogger from "@effect/opentelemetry/Logger"
import * as EffectTracer from "@effect/opentelemetry/Tracer"
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs"
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  NoopSpanProcessor,
  type SpanProcessor
} from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { type SignalOptions, Telemetry } from "@parametric-portal/server/observe/telemetry"

/** A tracer or a logger, and where what it records goes to: a path of the collector, or nowhere. */
export interface Exporting {
  readonly name: string
  readonly path: string | undefined
  readonly layer: Layer.Layer<never, unknown>
}

/** Those of the specification, said in words so that no variable changes them. */
export const queue = { size: 2_048, batch: 512, delayMs: 60_000 }

const options = (url: string): SignalOptions => ({
  exporter: "otlp",
  url,
  protocol: "http/protobuf",
  compression: "none",
  timeout: "10 seconds",
  maxQueueSize: queue.size,
  maxBatchSize: queue.batch,
  scheduleDelay: queue.delayMs
})

const processorOptions = {
  maxQueueSize: queue.size,
  maxExportBatchSize: queue.batch,
  scheduledDelayMillis: queue.delayMs
}

const resource = resourceFromAttributes({ "service.name": "bench" })

const ours = (signals: { readonly logs?: SignalOptions; readonly traces?: SignalOptions }) =>
  Telemetry.layer({ serviceName: "bench", destinations: [], registries: "own", ...signals }).pipe(
    Layer.discard,
    Layer.provide(MetricsService.layer({ registry: "own" }))
  )

/** Ends a provider with the layer. */
const ending = (provider: { readonly shutdown: () => Promise<void> }): Layer.Layer<never> =>
  Layer.scopedDiscard(Effect.addFinalizer(() => Effect.promise(() => provider.shutdown())))

const tracer = (processor: SpanProcessor): Layer.Layer<never> => {
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] })
  const otelTracer = Layer.succeed(EffectTracer.OtelTracer, provider.getTracer("@effect/opentelemetry"))
  return Layer.merge(ending(provider), Layer.provide(EffectTracer.layerWithoutOtelTracer, otelTracer))
}

const logger = (processor: LogRecordProcessor): Layer.Layer<never> => {
  const provider = new LoggerProvider({ resource, processors: [processor] })
  const otelProvider = Layer.succeed(EffectLogger.OtelLoggerProvider, provider)
  return Layer.merge(ending(provider), Layer.provide(EffectLogger.layerLoggerAdd, otelProvider))
}

/** Ours, theirs, and recording alone. */
type Way = "ours" | "theirs" | "nowhere"

type Ways = Readonly<Record<Way, Exporting>>

/** The ways to export spans. */
export const exportingSpans = (collector: string): Ways => {
  const path = { ours: "/ours/v1/traces", theirs: "/opentelemetry/v1/traces" }
  const exporter = new OTLPTraceExporter({ url: collector + path.theirs })
  return {
    ours: { name: "ours", path: path.ours, layer: ours({ traces: options(collector + path.ours) }) },
    theirs: {
      name: "BatchSpanProcessor",
      path: path.theirs,
      layer: tracer(new BatchSpanProcessor(exporter, processorOptions))
    },
    nowhere: { name: "recorded only", path: undefined, layer: tracer(new NoopSpanProcessor()) }
  }
}

/** The ways to export log lines; `joined` is theirs with records that are joined to their traces, as ours are. */
export const exportingLogs = (collector: string): Readonly<Record<Way | "joined", Exporting>> => {
  const path = { ours: "/ours/v1/logs", theirs: "/opentelemetry/v1/logs", joined: "/joined/v1/logs" }
  const batching = (to: string): LogRecordProcessor =>
    new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: collector + to }), ...processorOptions })
  return {
    ours: { name: "ours", path: path.ours, layer: ours({ logs: options(collector + path.ours) }) },
    theirs: {
      name: "BatchLogRecordProcessor",
      path: path.theirs,
      layer: logger(batching(path.theirs))
    },
    joined: {
      name: "BatchLogRecordProcessor, joined to traces",
      path: path.joined,
      layer: logger(joining(batching(path.joined)))
    },
    nowhere: { name: "recorded only", path: undefined, layer: logger(noProcessor) }
  }
}

/** The logger of `@effect/opentelemetry` names a span in attributes, where no receiver looks for it. */
const joining = (processor: LogRecordProcessor): LogRecordProcessor => ({
  onEmit: (record, context) => {
    const { spanId, traceId } = record.attributes
    record.spanContext = { spanId: String(spanId), traceId: String(traceId), traceFlags: 1 }
    processor.onEmit(record, context)
  },
  forceFlush: () => processor.forceFlush(),
  shutdown: () => processor.shutdown()
})

const noProcessor: LogRecordProcessor = {
  onEmit: () => {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve()
}
