/** The kinds of telemetry besides metrics: how each is recorded, called, counted, encoded and written down. */
import type { ISerializer } from "@opentelemetry/otlp-transformer"
import type { Resource } from "@opentelemetry/resources"
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { SignalUse } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { LogRecordLimits } from "../config/record-limits.ts"
import type { MetricsService } from "../metrics.ts"
import type { Serializers, SignalSerializers } from "../otlp/encoding.ts"
import { soundNumbers } from "./json-numbers.ts"
import { logLine, spanLine } from "./lines.ts"
import { loggerLayer } from "./logs.ts"
import type { Recorder } from "./recorder.ts"
import { charactersIn } from "./record-text.ts"
import { tracerLayer, type TracerSettings } from "./traces.ts"

/** A counter of what was dropped. */
export type DroppedHandle = MetricsService["telemetry"]["spansDropped" | "logRecordsDropped"]

/** What is recorded is given to a recorder, for an exporter of this resource. */
export interface Recording<A> {
  readonly resource: Resource
  readonly recorder: Recorder<A>
}

/** A kind of telemetry whose records are of one type. */
export interface Kind<A> {
  /** For people, in the plural. */
  readonly what: string
  readonly neededFor: SignalUse
  readonly layer: (recording: Recording<A>) => Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing>
  readonly dropped: (metrics: MetricsService) => DroppedHandle
  readonly serializers: (all: Serializers) => SignalSerializers<ReadonlyArray<A>>
  /** Whether telemetry records such ones itself: what it says of the end comes after the last export. */
  readonly isOwn: boolean
  /** What the console shows of a record. */
  readonly lineOf: (record: A) => unknown
  /** How much text a record has. */
  readonly charactersOf: (record: A) => number
}

/** Spans, of the traces that a sampler picks. */
export const traces = (settings: TracerSettings): Kind<ReadableSpan> => ({
  what: "Spans",
  neededFor: "exporting traces",
  layer: (recording) => tracerLayer(recording, settings),
  dropped: ({ telemetry }) => telemetry.spansDropped,
  serializers: ({ JsonTraceSerializer: json, ProtobufTraceSerializer: protobuf }) => serializersOf(json, protobuf),
  isOwn: false,
  lineOf: spanLine,
  charactersOf: ({ attributes, events, links, name }) =>
    name.length + charactersIn(attributes) + (events.length + links.length > 0 ? charactersIn([events, links]) : 0)
})

/** Log records. */
export const logs = (limits: LogRecordLimits): Kind<ReadableLogRecord> => ({
  what: "Log records",
  neededFor: "exporting logs",
  layer: (recording) => loggerLayer(recording, limits),
  dropped: ({ telemetry }) => telemetry.logRecordsDropped,
  serializers: ({ JsonLogsSerializer: json, ProtobufLogsSerializer: protobuf }) => serializersOf(json, protobuf),
  isOwn: true,
  lineOf: logLine,
  charactersOf: ({ attributes, body }) => charactersIn(body) + charactersIn(attributes)
})

type OtelSerializer<A> = ISerializer<Array<A>, unknown>

const serializersOf = <A>(
  json: OtelSerializer<A>,
  protobuf: OtelSerializer<A>
): SignalSerializers<ReadonlyArray<A>> => ({ json: withSoundNumbers(copied(json)), protobuf: copied(protobuf) })

/** OpenTelemetry's types ask for lists that could be changed. */
const copied = <A>(serializer: OtelSerializer<A>): ISerializer<ReadonlyArray<A>, unknown> => ({
  serializeRequest: (records) => serializer.serializeRequest([...records]),
  deserializeResponse: (response) => serializer.deserializeResponse(response)
})

const withSoundNumbers = <A>({ deserializeResponse, serializeRequest }: ISerializer<A, unknown>) => ({
  deserializeResponse,
  serializeRequest: (records: A) => {
    const request = serializeRequest(records)
    return request && soundNumbers(request)
  }
})
