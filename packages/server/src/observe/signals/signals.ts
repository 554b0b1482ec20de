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
import type { Destination } from "../collect/destination.ts"
import { flag } from "../config/format.ts"
import type { ResourceAttributes, TelemetryOptions } from "../config/options.ts"
import { loadPeer } from "../config/peer.ts"
import { type SignalSettings, signalSettings } from "../config/signal-settings.ts"
import { variable } from "../config/variable.ts"
import type { OptionsError } from "../instrument/options-error.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import { canonical, label } from "../instrument/label.ts"
import type { MetricsService } from "../metrics.ts"
import { makeEncoding, type Serializers, type SignalSerializers } from "../otlp/encoding.ts"
import { loggerLayer } from "./logs.ts"
import type { RecordDrop } from "./record-export.ts"
import { makeRecordExporter } from "./record-exporter.ts"
import { tracerLayer } from "./traces.ts"

type DroppedHandle = MetricsService["telemetry"]["spansDropped" | "logRecordsDropped"]

/** What each signal records, what it is called, and what it is encoded with. */
interface Kind<A> {
  readonly name: string
  readonly layer: (
    resource: Resource,
    add: (record: A) => void
  ) => Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing>
  readonly dropped: (metrics: MetricsService) => DroppedHandle
  readonly serializers: (all: Serializers) => SignalSerializers<ReadonlyArray<A>>
}

const traces: Kind<ReadableSpan> = {
  name: "Spans",
  layer: tracerLayer,
  dropped: ({ telemetry }) => telemetry.spansDropped,
  serializers: ({ JsonTraceSerializer: json, ProtobufTraceSerializer: protobuf }) => ({
    json: copied(json),
    protobuf: copied(protobuf)
  })
}

const logs: Kind<ReadableLogRecord> = {
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

/** What records spans and log lines, and where they go. */
export interface Signals {
  /** The tracer and the logger. */
  readonly recording: Layer.Layer<never>
  readonly destinations: ReadonlyArray<Destination>
}

/** What is needed besides the options. */
export interface SignalsContext {
  readonly metrics: MetricsService
  readonly resource: ResourceAttributes
  readonly shutdownMs: number
}

/** The signals that options and variables ask for. */
export const makeSignals = (
  options: Pick<TelemetryOptions, "logs" | "traces">,
  context: SignalsContext
): Effect.Effect<Signals, OptionsError | TelemetryPeerMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
    const found = [
      yield* recorded(traces, yield* signalSettings("TRACES", options.traces), context),
      yield* recorded(logs, yield* signalSettings("LOGS", options.logs), context)
    ]
    return disabled?.value === true
      ? { recording: Layer.empty, destinations: [] }
      : {
          recording: found.map(({ recording }) => recording).reduce((all, one) => Layer.merge(all, one), Layer.empty),
          destinations: found.flatMap(({ destinations }) => destinations)
        }
  })

const recorded = <A>(
  { dropped, layer, name, serializers }: Kind<A>,
  settings: SignalSettings | undefined,
  { metrics, resource: attributes, shutdownMs }: SignalsContext
): Effect.Effect<Signals, TelemetryPeerMissing, Scope.Scope> =>
  Effect.gen(function* () {
    if (settings === undefined || settings.exporter === "console") {
      return { recording: Layer.empty, destinations: [] }
    }
    const { resourceFromAttributes } = yield* loadPeer(
      "@opentelemetry/resources",
      `exporting ${name.toLowerCase()}`,
      () => import("@opentelemetry/resources")
    )
    const { add, destination } = yield* makeRecordExporter<A>({
      ...settings,
      name,
      encoding: yield* makeEncoding(settings.target, serializers),
      shutdownMs,
      dropped: droppedBy(metrics, name, dropped(metrics))
    })
    const recording = yield* layer(resourceFromAttributes({ ...attributes }), add)
    return { recording, destinations: [destination] }
  })

/** Counts what is dropped, and says once why. */
const droppedBy =
  ({ meter }: MetricsService, name: string, handle: DroppedHandle) =>
  (reason: RecordDrop, records: number, why: string): void => {
    handle[InstrumentId].resolve(canonical(label({ reason }))).record(records)
    meter.warnOnce(`dropped ${name} ${reason}`, `${name} are dropped (${reason}): ${why}`, {})
  }
