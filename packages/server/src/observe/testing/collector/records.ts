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
  /** The attributes of the point, the span or the log record. */
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
  /** The description of the metric; empty if none was sent. */
  readonly description: string
  /** The unit of the metric, such as `s` or `{job}`. */
  readonly unit: string
  /** The start of the interval that it counts, in nanoseconds since the epoch. */
  readonly startTimeUnixNano: bigint
  /** When it was read, in nanoseconds since the epoch. */
  readonly timeUnixNano: bigint
}

/** A value that was measured, and the span that it was measured in. */
export interface ReceivedExemplar {
  /** The value, in the unit of its metric. */
  readonly value: number
  /** When it was measured, in nanoseconds since the epoch. */
  readonly timeUnixNano: bigint
  /** The trace, in hexadecimal digits; not there if it was in none. */
  readonly traceId?: string
  /** The span, in hexadecimal digits; not there if it was in none. */
  readonly spanId?: string
  /** Attributes that the point does not have. */
  readonly attributes: Attributes
}

/** Of points that may have exemplars. */
interface Exemplified {
  /** Single values; not there if none were sent. */
  readonly exemplars?: ReadonlyArray<ReceivedExemplar>
}

/** Whether a value counts from the start (`cumulative`), or from the export before (`delta`). */
export type Temporality = "unspecified" | "delta" | "cumulative"

/** A point of a gauge or a counter. */
export interface NumberPoint extends ReceivedPoint, Exemplified {
  /** The type of the metric; `sum` for counters. */
  readonly type: "gauge" | "sum"
  /** The value. */
  readonly value: number
  /** Whether the sum never goes down; `false` for a gauge. */
  readonly isMonotonic: boolean
  /** The temporality of the sum; `unspecified` for a gauge. */
  readonly temporality: Temporality
}

/** A point of a histogram with explicit boundaries, in the form that `read` returns. Its sum is NaN if none was sent. */
export interface HistogramPoint extends ReceivedPoint, Exemplified {
  /** The type of the metric. */
  readonly type: "histogram"
  /** Count, sum and buckets. */
  readonly value: HistogramValue
  /** Whether it counts from the start, or from the export before. */
  readonly temporality: Temporality
}

/** A point of an exponential histogram, whose boundaries are powers of 2^(2^-scale). */
export interface ExponentialPoint extends ReceivedPoint, Exemplified {
  /** The type of the metric. */
  readonly type: "exponentialHistogram"
  /** Count, sum and buckets. */
  readonly value: ExponentialValue
  /** Whether it counts from the start, or from the export before. */
  readonly temporality: Temporality
}

/** The value of an exponential histogram. */
export interface ExponentialValue extends Omit<HistogramValue, "buckets"> {
  /** The resolution: 2^scale buckets for each power of 2. */
  readonly scale: number
  /** The number of values that are 0, or too near to 0 for a bucket. */
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
  /** The number of values in each bucket, from `offset` on. */
  readonly counts: ReadonlyArray<number>
}

/** A point of a summary, with quantiles that the sender computed. */
export interface SummaryPoint extends ReceivedPoint {
  /** The type of the metric. */
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
  /** The kind of the span. */
  readonly kind: "unspecified" | "internal" | "server" | "client" | "producer" | "consumer"
  /** The id of the trace, 32 hexadecimal digits. */
  readonly traceId: string
  /** The id of the span, 16 hexadecimal digits. */
  readonly spanId: string
  /** The id of the parent span; absent for a root span. */
  readonly parentSpanId?: string
  /** When it began, in nanoseconds since the epoch. */
  readonly startTimeUnixNano: bigint
  /** When it ended, in nanoseconds since the epoch. */
  readonly endTimeUnixNano: bigint
  /** The status of the span. */
  readonly status: { readonly code: "unset" | "ok" | "error"; readonly message?: string }
  /** The events of the span, in order. */
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
  /** When it was logged, in nanoseconds since the epoch. */
  readonly timeUnixNano: bigint
  /** Absent of one that was logged outside of a span. */
  readonly traceId?: string
  /** The span that it was logged in; absent outside of one. */
  readonly spanId?: string
}
