/**
 * Traces and logs, where options or `OTEL_TRACES_EXPORTER` and `OTEL_LOGS_EXPORTER` ask for them: recorded by Effect's
 * tracer and logger, exported as metrics are, with the same resource.
 */
import type { ISerializer } from "@opentelemetry/otlp-transformer"
import type { Resource } from "@opentelemetry/resources"
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import { flag } from "../config/format.ts"
import type { TelemetryOptions } from "../config/options.ts"
import { loadPeer } from "../config/peer.ts"
import { resourceAttributes } from "../config/resource.ts"
import { type RecordSignal, type SignalSettings, signalSettings } from "../config/signal-settings.ts"
import { durationOption } from "../config/time-limit.ts"
import { variable } from "../config/variable.ts"
import type { OptionsError } from "../instrument/options-error.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import { canonical, label } from "../instrument/label.ts"
import { MetricsService } from "../metrics.ts"
import { makeEncoding, type Serializers, type SignalSerializers } from "../otlp/encoding.ts"
import { endsOf } from "../otlp/stream.ts"
import { loggerLayer } from "./logs.ts"
import type { RecordDrop } from "./record-export.ts"
import { makeRecordExporter } from "./record-exporter.ts"
import { tracerLayer } from "./traces.ts"

type DroppedHandle = MetricsService["telemetry"]["spansDropped" | "logRecordsDropped"]

/** What each signal records, what it is called, and what it is encoded with. */
interface Kind<A> {
  readonly signal: RecordSignal
  readonly name: string
  readonly layer: (
    resource: Resource,
    add: (record: A) => void
  ) => Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing>
  readonly dropped: (metrics: MetricsService) => DroppedHandle
  readonly serializers: (all: Serializers) => SignalSerializers<ReadonlyArray<A>>
}

const traces: Kind<ReadableSpan> = {
  signal: "TRACES",
  name: "Spans",
  layer: tracerLayer,
  dropped: ({ telemetry }) => telemetry.spansDropped,
  serializers: ({ JsonTraceSerializer: json, ProtobufTraceSerializer: protobuf }) => ({
    json: copied(json),
    protobuf: copied(protobuf)
  })
}

const logs: Kind<ReadableLogRecord> = {
  signal: "LOGS",
  name: "Log records",
  layer: loggerLayer,
  dropped: ({ telemetry }) => telemetry.logRecordsDropped,
  serializers: ({ JsonLogsSerializer: json, ProtobufLogsSerializer: protobuf }) => ({
    json: copied(json),
    protobuf: copied(protobuf)
  })
}

/** OpenTelemetry's types ask for lists that could be changed. */
const copied = <A>(serializer: ISerializer<Array<A>, unknown>): ISerializer<ReadonlyArray<A>, unknown> => ({
  serializeRequest: (records) => serializer.serializeRequest([...records]),
  deserializeResponse: (response) => serializer.deserializeResponse(response)
})

/** The tracer and the logger that options and variables ask for; an empty layer when they ask for none. */
export const signals = (
  options: TelemetryOptions
): Layer.Layer<never, OptionsError | TelemetryPeerMissing, MetricsService> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
      const tracesSettings = yield* signalSettings("TRACES", options.traces)
      const logsSettings = yield* signalSettings("LOGS", options.logs)
      if (disabled?.value === true || (tracesSettings === undefined && logsSettings === undefined)) {
        return Layer.empty
      }
      const attributes = yield* resourceAttributes(options)
      const { resourceFromAttributes } = yield* loadPeer(
        "@opentelemetry/resources",
        "exporting traces or logs",
        () => import("@opentelemetry/resources")
      )
      const resource = resourceFromAttributes({ ...attributes })
      const shutdownMs = (yield* durationOption("shutdownTimeout", options.shutdownTimeout)) ?? 5_000
      const context = { resource, shutdownMs }
      return Layer.merge(yield* layerOf(traces, tracesSettings, context), yield* layerOf(logs, logsSettings, context))
    })
  )

interface SignalContext {
  readonly resource: Resource
  readonly shutdownMs: number
}

const layerOf = <A>(
  { dropped: droppedOf, layer, name, serializers, signal }: Kind<A>,
  settings: SignalSettings | undefined,
  { resource, shutdownMs }: SignalContext
): Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing, MetricsService | Scope.Scope> =>
  Effect.gen(function* () {
    if (settings === undefined || settings.exporter === "console") {
      return Layer.empty
    }
    const { target } = settings
    const metrics = yield* MetricsService
    const encoding = yield* makeEncoding(target, serializers)
    const exporter = yield* makeRecordExporter<A>({
      ...settings,
      name,
      target,
      encoding,
      shutdownMs,
      dropped: droppedBy(metrics, name, droppedOf(metrics))
    })
    const ends = yield* endsOf(metrics)
    ends.set(`${signal} ${target.url.href}`, exporter.end)
    return yield* layer(resource, exporter.add)
  })

/** Counts what is dropped, and says once why. */
const droppedBy =
  ({ meter }: MetricsService, name: string, handle: DroppedHandle) =>
  (reason: RecordDrop, records: number, why: string): void => {
    handle[InstrumentId].resolve(canonical(label({ reason }))).record(records)
    meter.warnOnce(`dropped ${name} ${reason}`, `${name} are dropped (${reason}): ${why}`, {})
  }
