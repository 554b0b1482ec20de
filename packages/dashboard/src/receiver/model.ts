/**
 * Points and series as plain, readonly values, whatever encoding they came in. A `Point` is one data point as it was
 * sent; a `Series` is what all acknowledged points of one identity add up to.
 *
 * They are schemas because the control endpoint sends series to other processes as JSON.
 */
import * as Schema from "effect/Schema"

/**
 * The value of an attribute. An integer above 2^53 is a string of digits, a double that is not finite its name, bytes are
 * base64, and an empty value is `null`.
 */
export type AttributeValue = string | number | boolean | null | ReadonlyArray<AttributeValue> | Attributes

/** Attributes by name, sorted by name. */
export interface Attributes {
  readonly [name: string]: AttributeValue
}

const AttributeValue: Schema.Schema<AttributeValue> = Schema.Union(
  Schema.String,
  Schema.Number,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.suspend(() => AttributeValue)),
  Schema.suspend(() => Attributes)
).annotations({ identifier: "AttributeValue" })

const Attributes: Schema.Schema<Attributes> = Schema.Record({ key: Schema.String, value: AttributeValue }).annotations({
  identifier: "Attributes"
})

/** A number; JSON has NaN and the infinities as strings. */
const Double = Schema.transform(
  Schema.Union(Schema.JsonNumber, Schema.Literal("NaN", "Infinity", "-Infinity")),
  Schema.Number,
  { strict: true, decode: Number, encode: (value) => (Number.isFinite(value) ? value : nameOf(value)) }
).annotations({ identifier: "Double" })

const nameOf = (value: number) => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity")

/** The instrumentation scope that a metric came from. */
export const InstrumentationScope = Schema.Struct({ name: Schema.String, version: Schema.String })
export type InstrumentationScope = typeof InstrumentationScope.Type

/** A histogram with explicit boundaries. `min` and `max` are absent when the sender did not send them. */
export const Histogram = Schema.Struct({
  count: Schema.Number,
  sum: Schema.optionalWith(Double, { exact: true }),
  min: Schema.optionalWith(Double, { exact: true }),
  max: Schema.optionalWith(Double, { exact: true }),
  bucketCounts: Schema.Array(Schema.Number),
  explicitBounds: Schema.Array(Double)
}).annotations({ identifier: "Histogram" })
export type Histogram = typeof Histogram.Type

const ExponentialBuckets = Schema.Struct({ offset: Schema.Number, bucketCounts: Schema.Array(Schema.Number) })

/** A histogram whose boundaries are powers of 2^(2^-scale). */
export const ExponentialHistogram = Schema.Struct({
  count: Schema.Number,
  sum: Schema.optionalWith(Double, { exact: true }),
  min: Schema.optionalWith(Double, { exact: true }),
  max: Schema.optionalWith(Double, { exact: true }),
  scale: Schema.Number,
  zeroCount: Schema.Number,
  zeroThreshold: Double,
  positive: ExponentialBuckets,
  negative: ExponentialBuckets
}).annotations({ identifier: "ExponentialHistogram" })
export type ExponentialHistogram = typeof ExponentialHistogram.Type

/** Quantiles that the sender computed. */
export const Summary = Schema.Struct({
  count: Schema.Number,
  sum: Double,
  quantiles: Schema.Array(Schema.Struct({ quantile: Double, value: Double }))
}).annotations({ identifier: "Summary" })
export type Summary = typeof Summary.Type

/**
 * One measured value that a number or a histogram counts, with what else is known of it. The ids are in hex, and absent
 * when it was measured outside of a span; the attributes are those that the series does not have.
 */
export const Exemplar = Schema.Struct({
  value: Double,
  timeUnixNano: Schema.BigInt,
  traceId: Schema.optionalWith(Schema.String, { exact: true }),
  spanId: Schema.optionalWith(Schema.String, { exact: true }),
  filteredAttributes: Attributes
}).annotations({ identifier: "Exemplar" })
export type Exemplar = typeof Exemplar.Type

export const Temporality = Schema.Literal("cumulative", "delta")
export type Temporality = typeof Temporality.Type

const identity = {
  resource: Attributes,
  scope: InstrumentationScope,
  name: Schema.String,
  attributes: Attributes
}

const description = {
  description: Schema.String,
  unit: Schema.String
}

const times = {
  startTimeUnixNano: Schema.BigInt,
  timeUnixNano: Schema.BigInt
}

const common = { ...identity, ...description, ...times }

/** From the oldest to the newest, and absent when there are none. */
const exemplified = { exemplars: Schema.optionalWith(Schema.Array(Exemplar), { exact: true }) }

const gauge = { kind: Schema.Literal("gauge"), ...exemplified }
const sum = { kind: Schema.Literal("sum"), isMonotonic: Schema.Boolean, temporality: Temporality, ...exemplified }
const histogram = { kind: Schema.Literal("histogram"), temporality: Temporality, ...exemplified }
const exponential = { kind: Schema.Literal("exponentialHistogram"), temporality: Temporality, ...exemplified }
const summary = { kind: Schema.Literal("summary") }

/** One data point as it was sent. `kind` tells what `value` is. */
export const Point = Schema.Union(
  Schema.Struct({ ...common, ...gauge, value: Double }),
  Schema.Struct({ ...common, ...sum, value: Double }),
  Schema.Struct({ ...common, ...histogram, value: Histogram }),
  Schema.Struct({ ...common, ...exponential, value: ExponentialHistogram }),
  Schema.Struct({ ...common, ...summary, value: Summary })
).annotations({ identifier: "Point" })
export type Point = typeof Point.Type

/** The value of a point: a number or a distribution. */
export type Value = Point["value"]

/** How many points a series has received, and how often it was reset. */
const counts = { points: Schema.Number, resets: Schema.Number }

const state = { ...common, ...counts }

const measured = <A, I>(value: Schema.Schema<A, I>) => ({
  value,
  carried: Schema.optionalWith(value, { exact: true }),
  total: value
})

/**
 * One series, identified by resource, scope, name and attributes. `value` is the latest point of a cumulative series, and
 * the sum of all points of a delta series. `carried` is the total before the latest reset, absent without a reset;
 * `total` is `carried` plus `value`, or the value of a gauge or a summary. The times are those of the latest point; the
 * start of a delta series is that of its first point. `exemplars` are the newest of its points: one of each bucket, or a
 * few of a number.
 */
export const Series = Schema.Union(
  Schema.Struct({ ...state, ...gauge, ...measured(Double) }),
  Schema.Struct({ ...state, ...sum, ...measured(Double) }),
  Schema.Struct({ ...state, ...histogram, ...measured(Histogram) }),
  Schema.Struct({ ...state, ...exponential, ...measured(ExponentialHistogram) }),
  Schema.Struct({ ...state, ...summary, ...measured(Summary) })
).annotations({ identifier: "Series" })
export type Series = typeof Series.Type
