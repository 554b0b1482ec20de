/** Points as OpenTelemetry's serialisers take them, grouped by scope and metric. */
import type { Resource } from "@opentelemetry/resources"
import type {
  DataPoint,
  ExponentialHistogram,
  ExponentialHistogramMetricData,
  Histogram,
  MetricData
} from "@opentelemetry/sdk-metrics"
import { type Convention, numericAttributes } from "../catalogue/convention.ts"
import type { Exemplar } from "../catalogue/exemplar.ts"
import type { ExponentialState } from "../catalogue/exponential.ts"
import type { Distribution, ExportMetric, ExportSeries, HrTime, Point } from "../collect/points/point.ts"
import { externalScope, ownScope } from "../collect/scope.ts"
import type { Baselines } from "../collect/points/temporality.ts"
import type { MetricsRequest } from "./exemplar-fields.ts"

type Attributes = DataPoint<number>["attributes"]

/** A request that is being filled. */
export interface RequestBuilder {
  /** Adds a point; of a delta, what came after its baseline. */
  readonly add: (point: Point) => void
  readonly build: (resource: Resource) => MetricsRequest
}

// The enums of OpenTelemetry's packages by value, so that nothing of them is loaded before something is exported.
const histogramType = 0
const exponentialType = 1
const gaugeType = 2
const sumType = 3
const deltaTemporality = 0
const cumulativeTemporality = 1
const double = 1

/** An empty request to a destination with these baselines. All points get one time. */
export const makeRequest = (baselines: Baselines, endTime: HrTime): RequestBuilder => {
  const own: Array<MetricData> = []
  const external: Array<MetricData> = []
  const exemplars = new Map<object, ReadonlyArray<Exemplar>>()
  const adders = new Map<ExportMetric, (point: Point, startTime: HrTime) => void>()
  let current: ExportMetric | undefined
  let put = (_: Point, __: HrTime): void => {}
  const adderOf = (metric: ExportMetric): ((point: Point, startTime: HrTime) => void) => {
    const list = metric.origin === "own" ? own : external
    return adder({ metric, isDelta: baselines.isDelta(metric), endTime, exemplars }, (data) => list.push(data))
  }
  return {
    add: (point) => {
      if (point.metric !== current) {
        current = point.metric
        put = adders.get(current) ?? adderOf(current)
        adders.set(current, put)
      }
      put(point, baselines.startOf(point, endTime))
    },
    build: (resource) => {
      const scopes = [
        { scope: ownScope, metrics: own },
        { scope: externalScope, metrics: external }
      ]
      const scopeMetrics = scopes
        .map(({ metrics, scope }) => ({ scope, metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0) }))
        .filter(({ metrics }) => metrics.length > 0)
      return { resource, scopeMetrics, exemplars }
    }
  }
}

interface Adder {
  readonly metric: ExportMetric
  readonly isDelta: boolean
  readonly endTime: HrTime
  /** Gets those of each point of OpenTelemetry's that has some. */
  readonly exemplars: Map<object, ReadonlyArray<Exemplar>>
}

/** Puts the empty data of a metric into a request, and returns what adds points to it. */
const adder = (
  { endTime, exemplars, isDelta, metric }: Adder,
  put: (data: MetricData) => void
): ((point: Point, startTime: HrTime) => void) => {
  const temporality = isDelta ? deltaTemporality : cumulativeTemporality
  const { convention } = metric
  const attributesOf = ({ attributes }: ExportSeries): Attributes =>
    convention === undefined ? attributes : conventionalAttributes(attributes, convention)
  const sum = (suffix: string, isMonotonic: boolean): Array<DataPoint<number>> => {
    const dataPoints: Array<DataPoint<number>> = []
    const descriptor = descriptorOf(metric, suffix)
    const aggregationTemporality = isMonotonic ? temporality : cumulativeTemporality
    put({ descriptor, aggregationTemporality, dataPointType: sumType, isMonotonic, dataPoints })
    return dataPoints
  }
  const gauge = (suffix: string): Array<DataPoint<number>> => {
    const dataPoints: Array<DataPoint<number>> = []
    const descriptor = descriptorOf(metric, suffix)
    put({ descriptor, aggregationTemporality: cumulativeTemporality, dataPointType: gaugeType, dataPoints })
    return dataPoints
  }
  switch (metric.kind) {
    case "counter":
    case "upDownCounter":
    case "gauge": {
      const dataPoints = metric.kind === "gauge" ? gauge("") : sum("", metric.kind === "counter")
      return ({ series, type, value }, startTime) => {
        const attributes = attributesOf(series)
        if (type === "number") {
          dataPoints.push({ startTime, endTime, attributes, value })
        }
      }
    }
    case "histogram": {
      const add = histogramAdder({ descriptor: descriptorOf(metric, ""), aggregationTemporality: temporality }, put)
      return ({ series, type, value }, startTime) => {
        if (type === "distribution") {
          const point = add({ startTime, endTime, attributes: attributesOf(series), value })
          const kept = value.exemplars?.filter(isThere) ?? []
          if (kept.length > 0) {
            exemplars.set(point, kept)
          }
        }
      }
    }
    case "summary": {
      // OpenTelemetry's exporters know no summaries: they go out as Effect's own bridge has them.
      const [quantiles, count, total] = [gauge("_quantiles"), sum("_count", true), sum("_sum", false)]
      return ({ series: { attributes, startTime }, type, value }, countStartTime) => {
        if (type === "summary") {
          count.push({ startTime: countStartTime, endTime, attributes, value: value.count })
          total.push({ startTime, endTime, attributes, value: value.sum })
          for (const [quantile, at] of value.quantiles) {
            quantiles.push({ startTime, endTime, attributes: { ...attributes, quantile: String(quantile) }, value: at })
          }
        }
      }
    }
  }
}

const isThere = (one: Exemplar | undefined): one is Exemplar => one !== undefined

/** What adds points of a histogram to the data of their kind, and returns them as they are there. */
const histogramAdder = (
  shared: Pick<ExponentialHistogramMetricData, "descriptor" | "aggregationTemporality">,
  put: (data: MetricData) => void
): ((point: DataPoint<Distribution>) => object) => {
  const explicit: Array<DataPoint<Histogram>> = []
  const exponential: Array<DataPoint<ExponentialHistogram>> = []
  put({ ...shared, dataPointType: histogramType, dataPoints: explicit })
  put({ ...shared, dataPointType: exponentialType, dataPoints: exponential })
  return (point) => {
    const { attributes, endTime, startTime, value } = point
    if (value.exponential === undefined) {
      explicit.push(point)
      return point
    }
    const made = { startTime, endTime, attributes, value: exponentialOf(value, value.exponential) }
    exponential.push(made)
    return made
  }
}

// None of our values is negative.
const noBuckets = { offset: 0, bucketCounts: [] }

const exponentialOf = (
  { count, max, min, sum }: Distribution,
  { counts, offset, scale, zeroCount }: ExponentialState
): ExponentialHistogram => ({
  count,
  ...(sum === undefined ? {} : { sum }),
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  scale,
  zeroCount,
  positive: { offset, bucketCounts: Array.from(counts) },
  negative: noBuckets
})

const conventionalAttributes = (
  attributes: ExportSeries["attributes"],
  { attributes: names }: Convention
): Attributes => {
  const known = conventional.get(attributes)
  if (known !== undefined) {
    return known
  }
  const made = Object.fromEntries(
    Object.entries(attributes).map(([label, value]) => {
      const name = names[label] ?? label
      return [name, numericAttributes.has(name) && /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : value]
    })
  )
  conventional.set(attributes, made)
  return made
}

const conventional = new WeakMap<ExportSeries["attributes"], Attributes>()

const descriptorOf = ({ convention, help, name, unit }: ExportMetric, suffix: string): MetricData["descriptor"] => ({
  name: `${convention?.name ?? name}${suffix}`,
  description: help,
  unit,
  valueType: double
})
