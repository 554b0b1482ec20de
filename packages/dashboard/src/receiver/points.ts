/**
 * Reads the points of a decoded request. A request that breaks the protocol is rejected as a whole, as a collector does:
 * a metric without data, a point without a value, a duplicate attribute, unknown flags. Other mistakes become violations
 * (`violation.ts`).
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { attributesOf, isPresent } from "./attributes.ts"
import { canonicalJson } from "./canonical-json.ts"
import { readExemplars } from "./exemplars.ts"
import type { Attributes, InstrumentationScope, Point, Temporality } from "./model.ts"
import { newestExemplars } from "./newest-exemplars.ts"
import type {
  ExemplarMessage,
  ExportRequest,
  HistogramPointMessage,
  List,
  MetricMessage,
  NumberPointMessage,
  PointMessage
} from "./otlp-schema.ts"
import { makeToBigInt, toNumber } from "./otlp-schema.ts"
import {
  type Common,
  type Read,
  readExponential,
  readGauge,
  readHistogram,
  readSum,
  readSummary
} from "./point-values.ts"
import { quote } from "./quote.ts"
import { workLimit } from "./work-limit.ts"

/** The request breaks the protocol; `message` says where and how. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly message: string }> {}

/** The points of a request, and what is reported of them. */
export interface Decoded {
  readonly points: ReadonlyArray<Point>
  /** Those too large for a number. */
  readonly imprecise: ReadonlyArray<Point>
  /** What is wrong with exemplars. */
  readonly exemplars: ReadonlyArray<{ readonly point: Point; readonly problem: string }>
  /** Those whose flag says that they have no value. */
  readonly withoutValue: ReadonlyArray<{ readonly name: string; readonly attributes: Attributes }>
}

interface Decoding {
  /** How long what points share is, counted for each point. */
  shared: number
  readonly startOf: (message: PointMessage) => bigint
  readonly timeOf: (message: PointMessage) => bigint
  readonly points: Array<Point>
  readonly imprecise: Array<Point>
  readonly exemplars: Array<Decoded["exemplars"][number]>
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
    exemplars: [],
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
  const { exemplars, imprecise, points, withoutValue } = decoding
  return Either.right({ exemplars, imprecise, points, withoutValue })
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

const readEach = <A extends PointMessage & { readonly exemplars?: List<ExemplarMessage> }>(
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
    const decoded = read(message, commonOf(origin, message, attributes))
    if (typeof decoded === "string") {
      return decoded
    }
    const point = withExemplars(decoded, message.exemplars, decoding)
    decoding.points.push(point)
    if (isImprecise(point)) {
      decoding.imprecise.push(point)
    }
  }
  return null
}

/** A summary has none in the schema, which did not look at what is called so there. */
const withExemplars = (point: Point, messages: List<ExemplarMessage>, decoding: Decoding): Point => {
  if (point.kind === "summary" || !messages || messages.length === 0) {
    return point
  }
  const { exemplars, problem } = readExemplars(messages)
  if (problem !== undefined) {
    decoding.exemplars.push({ point, problem })
  }
  return exemplars.length === 0 ? point : Object.assign(point, { exemplars: newestExemplars(exemplars, point.value) })
}

const hasValue = (message: NumberPointMessage & HistogramPointMessage) =>
  isPresent(message.asDouble) || isPresent(message.asInt) || toNumber(message.count) !== 0

const isImprecise = (point: Point) => {
  const count = typeof point.value === "number" ? point.value : point.value.count
  return Number.isInteger(count) && !Number.isSafeInteger(count)
}
