/** The requests of OTLP as JSON has them, with defaults in the place of what is left out. */
import * as Schema from "effect/Schema"

const text = Schema.optionalWith(Schema.String, { default: () => "", nullable: true })
const integer = Schema.optionalWith(Schema.Int, { default: () => 0, nullable: true })
const double = Schema.Union(
  Schema.JsonNumber,
  Schema.transform(Schema.Literal("NaN", "Infinity", "-Infinity"), Schema.Number, {
    strict: true,
    decode: Number,
    encode: (value) => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
  })
)
const number = Schema.optionalWith(double, { default: () => 0, nullable: true })
const optionalNumber = Schema.optionalWith(double, { exact: true, nullable: true })
/** 64 bits are digits in JSON; some senders write a number. */
const long = Schema.Union(Schema.BigInt, Schema.BigIntFromNumber)
const time = Schema.optionalWith(long, { default: () => 0n, nullable: true })

const list = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.Array(item), { default: () => [], nullable: true })
const message = <A, I>(item: Schema.Schema<A, I>) => Schema.optionalWith(item, { exact: true, nullable: true })

/** A value has one of many types, and may hold others: it is read by itself. */
const attributes = list(Schema.Struct({ key: text, value: Schema.optionalWith(Schema.Unknown, { exact: true }) }))
const resource = message(Schema.Struct({ attributes }))
const scope = message(Schema.Struct({ name: text, version: text }))

const measured = {
  asDouble: optionalNumber,
  asInt: Schema.optionalWith(long, { exact: true, nullable: true })
}
const exemplars = list(
  Schema.Struct({ filteredAttributes: attributes, timeUnixNano: time, ...measured, spanId: text, traceId: text })
)

const point = { attributes, startTimeUnixNano: time, timeUnixNano: time }
const distribution = { ...point, exemplars, count: time, sum: optionalNumber, min: optionalNumber, max: optionalNumber }
const buckets = message(Schema.Struct({ offset: integer, bucketCounts: list(long) }))

const NumberPoint = Schema.Struct({ ...point, ...measured, exemplars })
const HistogramPoint = Schema.Struct({ ...distribution, bucketCounts: list(long), explicitBounds: list(double) })
const ExponentialPoint = Schema.Struct({
  ...distribution,
  scale: integer,
  zeroCount: time,
  zeroThreshold: number,
  positive: buckets,
  negative: buckets
})
const SummaryPoint = Schema.Struct({
  ...point,
  count: time,
  sum: number,
  quantileValues: list(Schema.Struct({ quantile: number, value: number }))
})

const aggregationTemporality = integer

/** A metric and its points, of one of five types. */
export const WireMetric = Schema.Struct({
  name: text,
  description: text,
  unit: text,
  gauge: message(Schema.Struct({ dataPoints: list(NumberPoint) })),
  sum: message(
    Schema.Struct({
      dataPoints: list(NumberPoint),
      aggregationTemporality,
      isMonotonic: Schema.optionalWith(Schema.Boolean, { default: () => false, nullable: true })
    })
  ),
  histogram: message(Schema.Struct({ dataPoints: list(HistogramPoint), aggregationTemporality })),
  exponentialHistogram: message(Schema.Struct({ dataPoints: list(ExponentialPoint), aggregationTemporality })),
  summary: message(Schema.Struct({ dataPoints: list(SummaryPoint) }))
})

const WireSpan = Schema.Struct({
  traceId: text,
  spanId: text,
  parentSpanId: text,
  name: text,
  kind: integer,
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  events: list(Schema.Struct({ timeUnixNano: time, name: text, attributes })),
  links: list(Schema.Struct({ traceId: text, spanId: text, attributes })),
  status: message(Schema.Struct({ code: integer, message: text }))
})

const WireLogRecord = Schema.Struct({
  timeUnixNano: time,
  observedTimeUnixNano: time,
  severityNumber: integer,
  severityText: text,
  body: Schema.optionalWith(Schema.Unknown, { exact: true }),
  attributes,
  traceId: text,
  spanId: text
})

export const WireMetrics = Schema.Struct({
  resourceMetrics: list(
    Schema.Struct({ resource, scopeMetrics: list(Schema.Struct({ scope, metrics: list(WireMetric) })) })
  )
})

export const WireSpans = Schema.Struct({
  resourceSpans: list(Schema.Struct({ resource, scopeSpans: list(Schema.Struct({ scope, spans: list(WireSpan) })) }))
})

export const WireLogs = Schema.Struct({
  resourceLogs: list(
    Schema.Struct({ resource, scopeLogs: list(Schema.Struct({ scope, logRecords: list(WireLogRecord) })) })
  )
})
