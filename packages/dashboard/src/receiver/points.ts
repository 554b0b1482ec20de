/**
 * Reads the points of a decoded request. A request that breaks the protocol is rejected as a whole, as a collector does:
 * a metric without data, a point without a value, a duplicate attribute, unknown flags. Other mistakes become violations
 * (`violation.ts`).
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { attributesOf, isPresent } from "./attributes.ts"
import { canonicalJson } from "./canonical-json.ts"
import type { Attributes, InstrumentationScope, Point, Temporality } from "./model.ts"
import type {
  BucketsMessage,
  ExponentialPointMessage,
  ExportRequest,
  HistogramPointMessage,
  MetricMessage,
  NumberPointMessage,
  PointMessage,
  SummaryPointMessage
} from "./otlp-schema.ts"
import { makeToBigInt, toNumber } from "./otlp-schema.ts"
import { quote } from "./quote.ts"
import { workLimit } from "./work-limit.ts"

/** The request breaks the protocol; `message` says where and how. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly message: string }> {}

/** The points of a request, those too large for a number, and those whose flag says that they have no value. */
export interface Decoded {
  readonly points: ReadonlyArray<Point>
  readonly imprecise: ReadonlyArray<Point>
  readonly withoutValue: ReadonlyArray<{ readonly name: string; readonly attributes: Attributes }>
}

interface Decoding {
  /** How long what points share is, counted for each point. */
  shared: number
  readonly startOf: (message: PointMessage) => bigint
  readonly timeOf: (message: PointMessage) => bigint
  readonly points: Array<Point>
  readonly imprecise: Array<Point>
  readonly withoutValue: Array<{ readonly name: string; readonly attributes: Attributes }>
}

/** The metric of a point, and where to add the point. */
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

/** Whose metrics are read, and how long that is as text. */
interface Source {
  readonly resource: Attributes
  readonly scope: InstrumentationScope
  readonly length: number
}

/** All points of a request in their order, or the first mistake that breaks the protocol. */
export const pointsOf = (request: ExportRequest): Either.Either<Decoded, Malformed> => {
  const [start, time] = [makeToBigInt(), makeToBigInt()]
  const decoding: Decoding = {
    shared: 0,
    startOf: (message) => start(message.startTimeUnixNano),
    timeOf: (message) => time(message.timeUnixNano),
    points: [],
    imprecise: [],
    withoutValue: []
  }
  for (const { resource: from, scopeMetrics } of request.resourceMetrics ?? []) {
    const resource = attributesOf(from?.attributes)
    if (typeof resource === "string") {
      return malformed(`resource: ${resource}`)
    }
    const { length } = canonicalJson(resource)
    for (const { scope: by, metrics } of scopeMetrics ?? []) {
      const scope = { name: by?.name ?? "", version: by?.version ?? "" }
      const source = { resource, scope, length: length + scope.name.length + scope.version.length }
      for (const metric of metrics ?? []) {
        const problem = readMetric(metric, source, decoding)
        if (problem !== null) {
          return malformed(`metric ${quote(metric.name ?? "")}: ${problem}`)
        }
      }
    }
  }
  const { imprecise, points, withoutValue } = decoding
  return Either.right({ imprecise, points, withoutValue })
}

const malformed = (message: string) => Either.left(new Malformed({ message }))

const readMetric = (metric: MetricMessage, { length, resource, scope }: Source, decoding: Decoding): string | null => {
  if (!metric.name) {
    return "it has no name"
  }
  const named = { name: metric.name, description: metric.description ?? "", unit: metric.unit ?? "" }
  const origin: Origin = { decoding, metric: { resource, scope, ...named } }
  const own = named.name.length + named.description.length + named.unit.length
  decoding.shared += (length + own) * countOf(metric)
  if (decoding.shared > workLimit.shared) {
    return `its points and those before share more than ${workLimit.shared} characters, counted for each of them`
  }
  if (metric.gauge) {
    return readEach(metric.gauge.dataPoints, origin, readGauge)
  }
  if (metric.summary) {
    return readEach(metric.summary.dataPoints, origin, readSummary)
  }
  const aggregated = metric.sum ?? metric.histogram ?? metric.exponentialHistogram
  if (!aggregated) {
    return "it has no data"
  }
  const temporality = temporalityOf(aggregated.aggregationTemporality)
  if (temporality === null) {
    return "its temporality is neither delta nor cumulative"
  }
  if (metric.sum) {
    const isMonotonic = metric.sum.isMonotonic ?? false
    return readEach(metric.sum.dataPoints, origin, readSum({ isMonotonic, temporality }))
  }
  if (metric.histogram) {
    return readEach(metric.histogram.dataPoints, origin, readHistogram(temporality))
  }
  return readEach(metric.exponentialHistogram?.dataPoints, origin, readExponential(temporality))
}

const countOf = ({ exponentialHistogram, gauge, histogram, sum, summary }: MetricMessage): number =>
  (gauge ?? sum ?? histogram ?? exponentialHistogram ?? summary)?.dataPoints?.length ?? 0

const temporalityOf = (value: number | null | undefined): Temporality | null =>
  value === 1 ? "delta" : value === 2 ? "cumulative" : null

type Common = MetricOrigin & Pick<Point, "attributes" | "startTimeUnixNano" | "timeUnixNano">

/**
 * What points of all kinds have in common, to be completed with `Object.assign`. A spread instead would cost a large
 * request a third of a second, and so would a spread of the metric here.
 */
const commonOf = ({ decoding, metric }: Origin, message: PointMessage, attributes: Attributes): Common => ({
  resource: metric.resource,
  scope: metric.scope,
  name: metric.name,
  description: metric.description,
  unit: metric.unit,
  attributes,
  startTimeUnixNano: decoding.startOf(message),
  timeUnixNano: decoding.timeOf(message)
})

type Read<A> = (message: A, shared: Common) => Point | string

const readEach = <A extends PointMessage>(
  messages: ReadonlyArray<A> | null | undefined,
  origin: Origin,
  read: Read<A>
): string | null => {
  const { decoding, metric } = origin
  for (const message of messages ?? []) {
    const attributes = attributesOf(message.attributes)
    if (typeof attributes === "string") {
      return attributes
    }
    const flags = message.flags ?? 0
    if (flags !== 0 && flags !== 1) {
      return `unknown flags ${flags}`
    }
    if (toNumber(message.timeUnixNano) === 0) {
      return "a point has no time"
    }
    if (flags === 1) {
      if (hasValue(message)) {
        return "a point has a value, but its flag says that it has none"
      }
      decoding.withoutValue.push({ name: metric.name, attributes })
      continue
    }
    const point = read(message, commonOf(origin, message, attributes))
    if (typeof point === "string") {
      return point
    }
    decoding.points.push(point)
    if (isImprecise(point)) {
      decoding.imprecise.push(point)
    }
  }
  return null
}

const hasValue = (message: NumberPointMessage & HistogramPointMessage) =>
  isPresent(message.asDouble) || isPresent(message.asInt) || toNumber(message.count) !== 0

const isImprecise = (point: Point) => {
  const count = typeof point.value === "number" ? point.value : point.value.count
  return Number.isInteger(count) && !Number.isSafeInteger(count)
}

const numberOf = (message: NumberPointMessage): number | null => {
  if (isPresent(message.asDouble)) {
    return message.asDouble
  }
  return isPresent(message.asInt) ? toNumber(message.asInt) : null
}

const noValue = "a point has no value, and no flag that says so"

const readGauge: Read<NumberPointMessage> = (message, shared) => {
  const value = numberOf(message)
  return value === null ? noValue : Object.assign(shared, { kind: "gauge" as const, value })
}

const readSum =
  ({ isMonotonic, temporality }: { isMonotonic: boolean; temporality: Temporality }): Read<NumberPointMessage> =>
  (message, shared) => {
    const value = numberOf(message)
    if (value === null) {
      return noValue
    }
    return Object.assign(shared, { kind: "sum" as const, isMonotonic, temporality, value })
  }

const extremesOf = (message: HistogramPointMessage) => {
  const extremes: { sum?: number; min?: number; max?: number } = {}
  if (isPresent(message.sum)) {
    extremes.sum = message.sum
  }
  if (isPresent(message.min)) {
    extremes.min = message.min
  }
  if (isPresent(message.max)) {
    extremes.max = message.max
  }
  return extremes
}

const readHistogram =
  (temporality: Temporality): Read<HistogramPointMessage> =>
  (message, shared) => {
    const bucketCounts = (message.bucketCounts ?? []).map(toNumber)
    const explicitBounds = message.explicitBounds ?? []
    if (bucketCounts.length !== 0 && bucketCounts.length !== explicitBounds.length + 1) {
      return `it has ${explicitBounds.length} boundaries and ${bucketCounts.length} buckets`
    }
    const value = { count: toNumber(message.count), ...extremesOf(message), bucketCounts, explicitBounds }
    return Object.assign(shared, { kind: "histogram" as const, temporality, value })
  }

const bucketsOf = (message: BucketsMessage | null | undefined) => ({
  offset: message?.offset ?? 0,
  bucketCounts: (message?.bucketCounts ?? []).map(toNumber)
})

const readExponential =
  (temporality: Temporality): Read<ExponentialPointMessage> =>
  (message, shared) => ({
    ...shared,
    kind: "exponentialHistogram",
    temporality,
    value: {
      count: toNumber(message.count),
      ...extremesOf(message),
      scale: message.scale ?? 0,
      zeroCount: toNumber(message.zeroCount),
      zeroThreshold: message.zeroThreshold ?? 0,
      positive: bucketsOf(message.positive),
      negative: bucketsOf(message.negative)
    }
  })

const readSummary: Read<SummaryPointMessage> = (message, shared) => ({
  ...shared,
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
