/** The real OpenTelemetry SDK and its exporters, with one metric of each kind, as a source of requests. */
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base"
import { resourceFromAttributes } from "@opentelemetry/resources"
import {
  AggregationTemporality,
  AggregationType,
  type MeterProvider as Provider,
  MeterProvider,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

export interface SourceOptions {
  readonly url: string
  readonly protocol?: "json" | "protobuf"
  readonly compression?: "gzip" | "none"
  readonly temporality?: "cumulative" | "delta"
}

export interface Source {
  readonly provider: Provider
  /** Collects and exports once. It succeeds even when the export fails. */
  readonly flush: Effect.Effect<void, unknown>
}

export const resource = {
  "service.instance.id": "a",
  "service.name": "test"
}

/** A meter provider that exports to `url`, only when it is flushed. */
export const source = (options: SourceOptions): Effect.Effect<Source, never, Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const isDelta = options.temporality === "delta"
      const config = {
        url: options.url,
        compression: options.compression === "gzip" ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
        temporalityPreference: isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
        timeoutMillis: 2_000
      }
      const exporter = options.protocol === "protobuf" ? new ProtobufExporter(config) : new JsonExporter(config)
      const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
      const provider = new MeterProvider({
        resource: resourceFromAttributes(resource),
        readers: [reader],
        views: [
          {
            instrumentName: "exponential",
            aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 20 } }
          }
        ]
      })
      return { provider, flush: Effect.tryPromise(() => provider.forceFlush()) }
    }),
    ({ provider }) => Effect.ignore(Effect.tryPromise(() => provider.shutdown({ timeoutMillis: 100 })))
  )

/** Records one metric of every data kind that the SDK has. */
export const recordEveryKind = (provider: Provider): void => {
  const meter = provider.getMeter("every-kind", "1.2.3")
  meter.createCounter("counter", { unit: "{job}", description: "Jobs." }).add(3, { b: "two", a: "one" })
  meter.createUpDownCounter("updown", { unit: "{job}" }).add(-2.5, { flag: true, list: ["x", "y"], number: 7 })
  meter.createGauge("gauge", { unit: "By" }).record(-0.125)
  const histogram = meter.createHistogram("histogram", {
    unit: "s",
    advice: { explicitBucketBoundaries: [0.5, 1, 5] }
  })
  for (const value of [0.25, 1, 2, 100]) {
    histogram.record(value, { type: "digest" })
  }
  const exponential = meter.createHistogram("exponential", { unit: "s" })
  for (const value of [0, 1, 2, 4]) {
    exponential.record(value)
  }
}
