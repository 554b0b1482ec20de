/** Requests of spans and log records as they are decoded: only the fields that we read. */
import type { AnyValue, Int64, KeyValue, List } from "./otlp-schema.ts"

type Nullable<A> = A | null | undefined

interface Resource {
  readonly attributes?: List<KeyValue>
}

export interface SpanEventMessage {
  readonly timeUnixNano?: Nullable<Int64>
  readonly name?: Nullable<string>
  readonly attributes?: List<KeyValue>
}

export interface SpanLinkMessage {
  readonly traceId?: Nullable<Uint8Array | string>
  readonly spanId?: Nullable<Uint8Array | string>
  readonly attributes?: List<KeyValue>
}

export interface SpanMessage {
  readonly traceId?: Nullable<Uint8Array | string>
  readonly spanId?: Nullable<Uint8Array | string>
  readonly parentSpanId?: Nullable<Uint8Array | string>
  readonly name?: Nullable<string>
  readonly kind?: Nullable<number>
  readonly startTimeUnixNano?: Nullable<Int64>
  readonly endTimeUnixNano?: Nullable<Int64>
  readonly attributes?: List<KeyValue>
  readonly events?: List<SpanEventMessage>
  readonly links?: List<SpanLinkMessage>
  readonly status?: Nullable<{ readonly message?: Nullable<string>; readonly code?: Nullable<number> }>
}

export interface TracesRequest {
  readonly resourceSpans?: List<{
    readonly resource?: Nullable<Resource>
    readonly scopeSpans?: List<{ readonly spans?: List<SpanMessage> }>
  }>
}

export interface LogRecordMessage {
  readonly timeUnixNano?: Nullable<Int64>
  readonly observedTimeUnixNano?: Nullable<Int64>
  readonly severityNumber?: Nullable<number>
  readonly severityText?: Nullable<string>
  readonly body?: Nullable<AnyValue>
  readonly attributes?: List<KeyValue>
  readonly traceId?: Nullable<Uint8Array | string>
  readonly spanId?: Nullable<Uint8Array | string>
}

export interface LogsRequest {
  readonly resourceLogs?: List<{
    readonly resource?: Nullable<Resource>
    readonly scopeLogs?: List<{ readonly logRecords?: List<LogRecordMessage> }>
  }>
}
