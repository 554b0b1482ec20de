/**
 * From a request of the schema to points. What breaks the protocol refuses the whole request, as a collector does: a
 * metric without data, a point without a value, an attribute given twice, flags that mean nothing. What is merely wrong
 * becomes a fault (`judge.ts`).
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import type { Attributes, AttributeValue, InstrumentationScope, Point, Temporality } from "./model.ts"
import type {
  AnyValue,
  BucketsMessage,
  ExponentialPointMessage,
  ExportRequest,
  HistogramPointMessage,
  KeyValue,
  MetricMessage,
  NumberPointMessage,
  PointMessage,
  SummaryPointMessage
} from "./otlp.ts"
import { toBigInt, toNumber } from "./otlp.ts"

/** A request that breaks the protocol. `message` says where and how. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly message: string }> {}

/** What a request holds: its points, and the names of those whose flag says that they have no value. */
export interface Decoded {
  readonly points: ReadonlyArray<Point>
  readonly imprecise: ReadonlyArray<Point>
  readonly withoutValue: ReadonlyArray<{ readonly name: string; readonly attributes: Attributes }>
}

interface Decoding {
  readonly points: Array<Point>
  readonly imprecise: Array<Point>
  readonly withoutValue: Array<{ readonly name: string; readonly attributes: Attributes }>
}

/** Where points come from, and where they go. */
interface Origin {
  readonly decoding: Decoding
  readonly metric: MetricOrigin
}

interface MetricOrigin {
  readonly resource: Attributes
  readonly scope: InstrumentationScope
  readonly name: string
  readonly description: string
  readonly unit: string
}

/** All points of a request, in its order, or the first thing that breaks the protocol. */
export const pointsOf = (request: ExportRequest): Either.Either<Decoded, Malformed> => {
  const decoding: Decoding = { points: [], imprecise: [], withoutValue: [] }
  for (const { resource: from, scopeMetrics } of request.resourceMetrics ?? []) {
    const resource = attributesOf(from?.attributes)
    if (typeof resource === "string") return malformed(`resource: ${resource}`)
    for (const { scope: by, metrics } of scopeMetrics ?? []) {
      const scope = { name: by?.name ?? "", version: by?.version ?? "" }
      for (const metric of metrics ?? []) {
        const problem = readMetric(metric, { resource, scope }, decoding)
        if (problem !== null) return malformed(`metric ${JSON.stringify(metric.name ?? "")}: ${problem}`)
      }
    }
  }
  return Either.right(decoding)
}

const malformed = (message: string) => Either.left(new Malformed({ message }))

const readMetric = (
  metric: MetricMessage,
  from: { readonly resource: Attributes; readonly scope: InstrumentationScope },
  decoding: Decoding
): string | null => {
  if (!metric.name) return "it has no name"
  const named = { name: metric.name, description: metric.description ?? "", unit: metric.unit ?? "" }
  const origin: Origin = { decoding, metric: { ...from, ...named } }
  if (metric.gauge) return each(metric.gauge.dataPoints, origin, readGauge)
  if (metric.summary) return each(metric.summary.dataPoints, origin, readSummary)
  const aggregated = metric.sum ?? metric.histogram ?? metric.exponentialHistogram
  if (!aggregated) return "it has no data"
  const temporality = temporalityOf(aggregated.aggregationTemporality)
  if (temporality === null) return "its temporality is neither delta nor cumulative"
  if (metric.sum) {
    const isMonotonic = metric.sum.isMonotonic ?? false
    return each(metric.sum.dataPoints, origin, readSum({ isMonotonic, temporality }))
  }
  if (metric.histogram) return each(metric.histogram.dataPoints, origin, readHistogram(temporality))
  return each(metric.exponentialHistogram?.dataPoints, origin, readExponential(temporality))
}

const temporalityOf = (value: number | null | undefined): Temporality | null =>
  value === 1 ? "delta" : value === 2 ? "cumulative" : null

type Common = MetricOrigin & Pick<Point, "attributes" | "startTimeUnixNano" | "timeUnixNano">

type Read<A> = (message: A, common: Common) => Point | string

const each = <A extends PointMessage>(
  messages: ReadonlyArray<A> | null | undefined,
  { decoding, metric }: Origin,
  read: Read<A>
): string | null => {
  for (const message of messages ?? []) {
    const attributes = attributesOf(message.attributes)
    if (typeof attributes === "string") return attributes
    const flags = message.flags ?? 0
    if (flags !== 0 && flags !== 1) return `the flags ${flags} mean nothing`
    const startTimeUnixNano = toBigInt(message.startTimeUnixNano)
    const timeUnixNano = toBigInt(message.timeUnixNano)
    if (timeUnixNano === 0n) return "a point has no time"
    if (flags === 1) {
      if (hasValue(message)) return "a point has a value and a flag that says it has none"
      decoding.withoutValue.push({ name: metric.name, attributes })
      continue
    }
    const point = read(message, { ...metric, attributes, startTimeUnixNano, timeUnixNano })
    if (typeof point === "string") return point
    decoding.points.push(point)
    if (isImprecise(point)) decoding.imprecise.push(point)
  }
  return null
}

const hasValue = (message: NumberPointMessage & HistogramPointMessage) =>
  isGiven(message.asDouble) || isGiven(message.asInt) || toNumber(message.count) !== 0

const isGiven = <A>(value: A | null | undefined): value is A => value !== null && value !== undefined

const isImprecise = (point: Point) => {
  const count = typeof point.value === "number" ? point.value : point.value.count
  return Number.isInteger(count) && !Number.isSafeInteger(count)
}

const numberOf = (message: NumberPointMessage): number | null => {
  if (isGiven(message.asDouble)) return message.asDouble
  return isGiven(message.asInt) ? toNumber(message.asInt) : null
}

const noValue = "a point has no value, and no flag that says so"

const readGauge: Read<NumberPointMessage> = (message, common) => {
  const value = numberOf(message)
  return value === null ? noValue : { ...common, kind: "gauge", value }
}

const readSum =
  (sum: { readonly isMonotonic: boolean; readonly temporality: Temporality }): Read<NumberPointMessage> =>
  (message, common) => {
    const value = numberOf(message)
    return value === null ? noValue : { ...common, kind: "sum", ...sum, value }
  }

const extremes = (message: HistogramPointMessage) => ({
  ...(isGiven(message.sum) ? { sum: message.sum } : {}),
  ...(isGiven(message.min) ? { min: message.min } : {}),
  ...(isGiven(message.max) ? { max: message.max } : {})
})

const readHistogram =
  (temporality: Temporality): Read<HistogramPointMessage> =>
  (message, common) => {
    const bucketCounts = (message.bucketCounts ?? []).map(toNumber)
    const explicitBounds = message.explicitBounds ?? []
    if (bucketCounts.length !== 0 && bucketCounts.length !== explicitBounds.length + 1) {
      return `${explicitBounds.length} boundaries do not make ${bucketCounts.length} buckets`
    }
    const value = { count: toNumber(message.count), ...extremes(message), bucketCounts, explicitBounds }
    return { ...common, kind: "histogram", temporality, value }
  }

const bucketsOf = (message: BucketsMessage | null | undefined) => ({
  offset: message?.offset ?? 0,
  bucketCounts: (message?.bucketCounts ?? []).map(toNumber)
})

const readExponential =
  (temporality: Temporality): Read<ExponentialPointMessage> =>
  (message, common) => ({
    ...common,
    kind: "exponentialHistogram",
    temporality,
    value: {
      count: toNumber(message.count),
      ...extremes(message),
      scale: message.scale ?? 0,
      zeroCount: toNumber(message.zeroCount),
      zeroThreshold: message.zeroThreshold ?? 0,
      positive: bucketsOf(message.positive),
      negative: bucketsOf(message.negative)
    }
  })

const readSummary: Read<SummaryPointMessage> = (message, common) => ({
  ...common,
  kind: "summary",
  value: {
    count: toNumber(message.count),
    sum: message.sum ?? 0,
    quantiles: (message.quantileValues ?? []).map(({ quantile, value }) => ({
      quantile: quantile ?? 0,
      value: value ?? 0
    }))
  }
})

/** Attributes sorted by name, or what is wrong with them. */
const attributesOf = (pairs: ReadonlyArray<KeyValue> | null | undefined): Attributes | string => {
  if (!pairs || pairs.length === 0) return none
  const sorted = pairs.length === 1 ? pairs : [...pairs].sort((a, b) => ((a.key ?? "") < (b.key ?? "") ? -1 : 1))
  const entries: Array<readonly [string, AttributeValue]> = []
  for (let index = 0; index < sorted.length; index++) {
    const key = sorted[index]?.key ?? ""
    if (key === "") return "an attribute has no name"
    if (index > 0 && key === sorted[index - 1]?.key) return `the attribute ${JSON.stringify(key)} is given twice`
    const value = valueOf(sorted[index]?.value)
    if (value === undefined) return `the attribute ${JSON.stringify(key)} holds an attribute twice`
    entries.push([key, value])
  }
  return Object.fromEntries(entries)
}

const none: Attributes = {}

const valueOf = (value: AnyValue | null | undefined): AttributeValue | undefined => {
  if (!value) return null
  if (isGiven(value.stringValue)) return value.stringValue
  if (isGiven(value.boolValue)) return value.boolValue
  if (isGiven(value.intValue)) {
    const near = toNumber(value.intValue)
    return Number.isSafeInteger(near) ? near : toBigInt(value.intValue).toString()
  }
  if (isGiven(value.doubleValue))
    return Number.isFinite(value.doubleValue) ? value.doubleValue : String(value.doubleValue)
  if (isGiven(value.bytesValue)) return Buffer.from(value.bytesValue).toString("base64")
  if (isGiven(value.arrayValue)) {
    const values = (value.arrayValue.values ?? []).map(valueOf)
    return values.every((inner) => inner !== undefined) ? values : undefined
  }
  if (isGiven(value.kvlistValue)) {
    const inner = attributesOf(value.kvlistValue.values)
    return typeof inner === "string" ? undefined : inner
  }
  return null
}
