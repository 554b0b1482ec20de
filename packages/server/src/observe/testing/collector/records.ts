/** What was received, as plain values that a test can compare whole. */
import type { HistogramValue } from "../value.ts"

/** The value of an attribute, or the body of a log record. An integer above 2^53 is its digits, bytes are base64. */
export type AttributeValue = string | number | boolean | null | ReadonlyArray<AttributeValue> | Attributes

/** Attributes by name, sorted. */
export interface Attributes {
  readonly [name: string]: AttributeValue
}

/** What all records have: what they are of. */
interface Received {
  /** Of the point, the span or the record. */
  readonly attributes: Attributes
  /** The attributes of the resource, such as `service.name`. */
  readonly resource: Attributes
  /** The name of the instrumentation scope. */
  readonly scope: string
}

/** What all points have. */
interface ReceivedPoint extends Received {
  /** The name of the metric. */
  readonly name: string
  /** Its description, empty where none was sent. */
  readonly description: string
  /** Its unit, such as `s` or `{job}`. */
  readonly unit: string
  /** From when on it counts, in nanoseconds of the epoch. */
  readonly startTimeUnixNano: bigint
  /** When it was read, in nanoseconds of the epoch. */
  readonly timeUnixNano: bigint
}

/** Whether values are since the start, or since the export before. */
export type Temporality = "unspecified" | "delta" | "cumulative"

/** A number. */
export interface NumberPoint extends ReceivedPoint {
  /** A gauge, or a sum: of a counter. */
  readonly type: "gauge" | "sum"
  /** The number. */
  readonly value: number
  /** Whether it never goes down; `false` of a gauge. */
  readonly isMonotonic: boolean
  /** Of a sum. */
  readonly temporality: Temporality
}

/** A histogram with boundaries, in the shape that `read` has. Its sum is NaN where none was sent. */
export interface HistogramPoint extends ReceivedPoint {
  /** What tells it from other points. */
  readonly type: "histogram"
  /** Count, sum and buckets. */
  readonly value: HistogramValue
  /** Since the start, or since the export before. */
  readonly temporality: Temporality
}

/** A histogram whose boundaries are powers of 2^(2^-scale). */
export interface ExponentialPoint extends ReceivedPoint {
  /** What tells it from other points. */
  readonly type: "exponentialHistogram"
  /** Count, sum and buckets. */
  readonly value: ExponentialValue
  /** Since the start, or since the export before. */
  readonly temporality: Temporality
}

/** What such a histogram holds. */
export interface ExponentialValue extends Omit<HistogramValue, "buckets"> {
  /** The larger, the finer: 2^scale buckets for each power of 2. */
  readonly scale: number
  /** How many values are 0, or too near to it to be told apart. */
  readonly zeroCount: number
  /** The buckets of values above 0. */
  readonly positive: ExponentialBuckets
  /** The buckets of values below 0, by their absolute values. */
  readonly negative: ExponentialBuckets
}

/** The buckets on one side of 0. */
export interface ExponentialBuckets {
  /** The index of the first bucket. */
  readonly offset: number
  /** How many values are in each bucket from there on. */
  readonly counts: ReadonlyArray<number>
}

/** Quantiles that the sender computed. */
export interface SummaryPoint extends ReceivedPoint {
  /** What tells it from other points. */
  readonly type: "summary"
  /** Count, sum, and the value of each quantile. */
  readonly value: { readonly count: number; readonly sum: number; readonly quantiles: Readonly<Record<string, number>> }
}

/** One data point. */
export type MetricPoint = NumberPoint | HistogramPoint | ExponentialPoint | SummaryPoint

/** One span. */
export interface SpanRecord extends Received {
  /** The name of the span. */
  readonly name: string
  /** What part it had in a call. */
  readonly kind: "unspecified" | "internal" | "server" | "client" | "producer" | "consumer"
  /** The trace, as 32 hexadecimal digits. */
  readonly traceId: string
  /** The span, as 16 hexadecimal digits. */
  readonly spanId: string
  /** Absent of a root. */
  readonly parentSpanId?: string
  /** When it began, in nanoseconds of the epoch. */
  readonly startTimeUnixNano: bigint
  /** When it ended, in nanoseconds of the epoch. */
  readonly endTimeUnixNano: bigint
  /** How it ended. */
  readonly status: { readonly code: "unset" | "ok" | "error"; readonly message?: string }
  /** What happened in it, in order. */
  readonly events: ReadonlyArray<{
    readonly name: string
    readonly timeUnixNano: bigint
    readonly attributes: Attributes
  }>
  /** The spans that it is linked to. */
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }>
}

/** One log record. */
export interface LogRecord extends Received {
  /** What was logged. */
  readonly body: AttributeValue
  /** The text of its severity, such as `INFO`. */
  readonly severity: string
  /** OpenTelemetry's number of the severity, 1 to 24. */
  readonly severityNumber: number
  /** When it was logged, in nanoseconds of the epoch. */
  readonly timeUnixNano: bigint
  /** Absent of one that was logged outside of a span. */
  readonly traceId?: string
  /** The span that it was logged in; absent outside of one. */
  readonly spanId?: string
}
