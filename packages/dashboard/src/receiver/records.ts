/** Spans and log records as plain, readonly values, whatever encoding they came in, and who takes them. */
import type { Attributes } from "./model.ts"

/** Ids are in lower-case hex: 32 digits of a trace, 16 of a span. */
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
}

export interface SpanEvent {
  readonly timeUnixNano: bigint
  readonly name: string
  readonly attributes: Attributes
}

export interface Span {
  readonly resource: Attributes
  readonly traceId: string
  readonly spanId: string
  /** Absent where it is the first of its trace. */
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: SpanKind
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly status: { readonly code: "unset" | "ok" | "error"; readonly message: string }
  readonly attributes: Attributes
  readonly events: ReadonlyArray<SpanEvent>
  readonly links: ReadonlyArray<SpanLink>
}

/** In the order of their numbers in OTLP. */
export const spanKinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const
export type SpanKind = (typeof spanKinds)[number]

export interface LogRecord {
  readonly resource: Attributes
  /** Absent where it was logged outside of a trace. */
  readonly traceId?: string
  readonly spanId?: string
  /** When it was logged, else when that was observed; 0 where neither is known. */
  readonly timeUnixNano: bigint
  /** From 1 to 24, 0 where it is not known. */
  readonly severityNumber: number
  readonly severityText: string
  /** The body as text: what is no text as JSON. */
  readonly body: string
  readonly attributes: Attributes
}

/** Who takes the spans and log records that a receiver acknowledges. */
export interface Records {
  readonly add: (
    records: { readonly spans: ReadonlyArray<Span>; readonly logRecords: ReadonlyArray<LogRecord> },
    receivedAtMillis: number
  ) => void
}
