/** From what came over the wire to records. */
import * as Predicate from "effect/Predicate"
import { bucketName, type HistogramValue } from "../value.ts"
import type {
  AttributeValue,
  Attributes,
  ExponentialBuckets,
  ExponentialValue,
  LogRecord,
  MetricPoint,
  NumberPoint,
  ReceivedExemplar,
  SpanRecord,
  Temporality
} from "./records.ts"
import type { WireLogs, WireMetric, WireMetrics, WireSpans } from "./wire.ts"

type Pairs = ReadonlyArray<{ readonly key: string; readonly value?: unknown }>

/** The points of a request, in its order. */
export const pointsOf = ({ resourceMetrics }: typeof WireMetrics.Type): ReadonlyArray<MetricPoint> =>
  resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics, scope }) =>
      metrics.flatMap((metric) => pointsOfMetric(metric, of(resource?.attributes, scope?.name)))
    )
  )

/** The spans of a request, in its order. */
export const spansOf = ({ resourceSpans }: typeof WireSpans.Type): ReadonlyArray<SpanRecord> =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(({ attributes, events, kind, links, parentSpanId, status, ...span }) => ({
        ...span,
        ...(parentSpanId === "" ? {} : { parentSpanId }),
        kind: kinds[kind] ?? "unspecified",
        status: {
          code: codes[status?.code ?? 0] ?? "unset",
          ...(status === undefined || status.message === "" ? {} : { message: status.message })
        },
        attributes: attributesOf(attributes),
        events: events.map((event) => ({ ...event, attributes: attributesOf(event.attributes) })),
        links: links.map((link) => ({ ...link, attributes: attributesOf(link.attributes) })),
        ...of(resource?.attributes, scope?.name)
      }))
    )
  )

/** The log records of a request, in its order. */
export const logsOf = ({ resourceLogs }: typeof WireLogs.Type): ReadonlyArray<LogRecord> =>
  resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords, scope }) =>
      logRecords.map(
        ({ attributes, body, observedTimeUnixNano, spanId, severityText, timeUnixNano, traceId, ...log }) => ({
          body: anyValue(body),
          severity: severityText,
          severityNumber: log.severityNumber,
          timeUnixNano: timeUnixNano === 0n ? observedTimeUnixNano : timeUnixNano,
          ...(traceId === "" ? {} : { traceId }),
          ...(spanId === "" ? {} : { spanId }),
          attributes: attributesOf(attributes),
          ...of(resource?.attributes, scope?.name)
        })
      )
    )
  )

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const
const codes = ["unset", "ok", "error"] as const
const temporalities = ["unspecified", "delta", "cumulative"] as const

const temporalityOf = (code: number): Temporality => temporalities[code] ?? "unspecified"

const of = (resource: Pairs | undefined, scope: string | undefined) => ({
  resource: attributesOf(resource ?? []),
  scope: scope ?? ""
})

type Of = ReturnType<typeof of>

const pointsOfMetric = (metric: typeof WireMetric.Type, from: Of): ReadonlyArray<MetricPoint> => {
  const { description, exponentialHistogram, gauge, histogram, name, sum, summary, unit } = metric
  const shared = (point: { readonly attributes: Pairs } & Times) => ({
    name,
    description,
    unit,
    attributes: attributesOf(point.attributes),
    startTimeUnixNano: point.startTimeUnixNano,
    timeUnixNano: point.timeUnixNano,
    ...from
  })
  const numbers = (
    type: "gauge" | "sum",
    { isMonotonic, temporality }: Pick<NumberPoint, "isMonotonic" | "temporality">
  ) =>
    ((type === "gauge" ? gauge : sum)?.dataPoints ?? []).map((point): MetricPoint => {
      return { ...shared(point), ...exemplarsOf(point), type, value: numberOf(point), isMonotonic, temporality }
    })
  return [
    ...numbers("gauge", { isMonotonic: false, temporality: "unspecified" }),
    ...numbers("sum", {
      isMonotonic: sum?.isMonotonic ?? false,
      temporality: temporalityOf(sum?.aggregationTemporality ?? 0)
    }),
    ...(histogram?.dataPoints ?? []).map((point): MetricPoint => {
      const temporality = temporalityOf(histogram?.aggregationTemporality ?? 0)
      return { ...shared(point), ...exemplarsOf(point), type: "histogram", temporality, value: histogramOf(point) }
    }),
    ...(exponentialHistogram?.dataPoints ?? []).map((point): MetricPoint => {
      const temporality = temporalityOf(exponentialHistogram?.aggregationTemporality ?? 0)
      const value = exponentialOf(point)
      return { ...shared(point), ...exemplarsOf(point), type: "exponentialHistogram", temporality, value }
    }),
    ...(summary?.dataPoints ?? []).map((point): MetricPoint => {
      const quantiles = point.quantileValues.map(({ quantile, value }) => [String(quantile), value] as const)
      const value = { count: Number(point.count), sum: point.sum, quantiles: Object.fromEntries(quantiles) }
      return { ...shared(point), type: "summary", value }
    })
  ]
}

type WireNumber = NonNullable<(typeof WireMetric.Type)["gauge"]>["dataPoints"][number]

const numberOf = ({ asDouble, asInt }: Pick<WireNumber, "asDouble" | "asInt">): number =>
  asDouble ?? Number(asInt ?? 0n)

const exemplarsOf = ({ exemplars }: Pick<WireNumber, "exemplars">) =>
  exemplars.length === 0
    ? {}
    : {
        exemplars: exemplars.map(
          ({ filteredAttributes, spanId, timeUnixNano, traceId, ...value }): ReceivedExemplar => ({
            value: numberOf(value),
            timeUnixNano,
            ...(traceId === "" ? {} : { traceId }),
            ...(spanId === "" ? {} : { spanId }),
            attributes: attributesOf(filteredAttributes)
          })
        )
      }

interface Times {
  readonly startTimeUnixNano: bigint
  readonly timeUnixNano: bigint
}

type Metric = typeof WireMetric.Type
type WireHistogram = NonNullable<Metric["histogram"]>["dataPoints"][number]
type WireExponential = NonNullable<Metric["exponentialHistogram"]>["dataPoints"][number]

const totals = ({ count, max, min, sum }: Pick<WireHistogram, "count" | "sum" | "min" | "max">) => ({
  count: Number(count),
  sum: sum ?? Number.NaN,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max })
})

const histogramOf = (point: WireHistogram): HistogramValue => {
  const named = point.bucketCounts.map(
    (count, index) => [bucketName(point.explicitBounds[index] ?? Number.POSITIVE_INFINITY), Number(count)] as const
  )
  return { ...totals(point), buckets: Object.fromEntries(named) }
}

const exponentialOf = (point: WireExponential): ExponentialValue => ({
  ...totals(point),
  scale: point.scale,
  zeroCount: Number(point.zeroCount),
  positive: bucketsOf(point.positive),
  negative: bucketsOf(point.negative)
})

const bucketsOf = (buckets: WireExponential["positive"]): ExponentialBuckets => ({
  offset: buckets?.offset ?? 0,
  counts: (buckets?.bucketCounts ?? []).map(Number)
})

const attributesOf = (pairs: Pairs): Attributes =>
  Object.fromEntries(
    pairs.map(({ key, value }) => [key, anyValue(value)] as const).sort(([one], [other]) => (one < other ? -1 : 1))
  )

/** A value of any of OTLP's types; one without any is `null`. */
const anyValue = (value: unknown): AttributeValue => {
  if (!Predicate.isRecord(value)) {
    return null
  }
  const { arrayValue, boolValue, bytesValue, doubleValue, intValue, kvlistValue, stringValue } = value
  if (Predicate.isString(stringValue) || Predicate.isString(bytesValue)) {
    return Predicate.isString(stringValue) ? stringValue : Predicate.isString(bytesValue) ? bytesValue : null
  }
  if (Predicate.isBoolean(boolValue)) {
    return boolValue
  }
  if (Predicate.isString(intValue) || Predicate.isNumber(intValue)) {
    return Number.isSafeInteger(Number(intValue)) ? Number(intValue) : String(intValue)
  }
  if (Predicate.isNumber(doubleValue) || Predicate.isString(doubleValue)) {
    return Number(doubleValue)
  }
  if (Predicate.isRecord(arrayValue)) {
    return Array.isArray(arrayValue["values"]) ? arrayValue["values"].map(anyValue) : []
  }
  return Predicate.isRecord(kvlistValue) && Array.isArray(kvlistValue["values"])
    ? attributesOf(kvlistValue["values"].filter(isPair))
    : null
}

const isPair = (value: unknown): value is Pairs[number] => Predicate.isRecord(value) && Predicate.isString(value["key"])
