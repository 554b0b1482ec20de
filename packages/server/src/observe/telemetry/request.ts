/** Points as OpenTelemetry's exporters take them: grouped by scope and metric, a bounded number in each request. */
import type { Attributes } from "@opentelemetry/api"
import type { Resource } from "@opentelemetry/resources"
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics"
import type { Distribution, ExportMetric, Quantiles } from "./point.ts"
import { foreignScope, ownScope } from "./scope.ts"
import type { TimedPoint } from "./temporality.ts"

/** One request: what goes to the exporter, and the points that its acknowledgement covers. */
export interface Request {
  readonly metrics: ResourceMetrics
  readonly points: ReadonlyArray<TimedPoint>
}

/** A request that is being filled. */
export interface RequestBuilder {
  readonly add: (point: TimedPoint) => void
  readonly build: (resource: Resource) => Request
}

// The enums of OpenTelemetry's packages by value, so that nothing of them is loaded before something is exported.
const histogramType = 0
const gaugeType = 2
const sumType = 3
const deltaTemporality = 0
const cumulativeTemporality = 1
const double = 1

type Target =
  | { readonly type: "number"; readonly add: (point: DataPoint<number>) => void }
  | { readonly type: "distribution"; readonly add: (point: DataPoint<Histogram>) => void }
  | { readonly type: "summary"; readonly add: (point: DataPoint<Quantiles>) => void }

/** An empty request. */
export const makeRequest = (): RequestBuilder => {
  const own: Array<MetricData> = []
  const foreign: Array<MetricData> = []
  const targets = new Map<ExportMetric, Target>()
  const points: Array<TimedPoint> = []
  const targetOf = ({ isDelta, point: { metric } }: TimedPoint): Target => {
    const known = targets.get(metric)
    if (known !== undefined) {
      return known
    }
    const list = metric.origin === "own" ? own : foreign
    const made = target(metric, isDelta, (data) => list.push(data))
    targets.set(metric, made)
    return made
  }
  return {
    add: (timed) => {
      points.push(timed)
      const { endTime, point, startTime } = timed
      const common = { startTime, endTime, attributes: point.series.attributes }
      const to = targetOf(timed)
      if (to.type === "number" && point.type === "number") {
        to.add({ ...common, value: point.value })
      } else if (to.type === "distribution" && point.type === "distribution") {
        to.add({ ...common, value: histogramOf(point.value) })
      } else if (to.type === "summary" && point.type === "summary") {
        to.add({ ...common, value: point.value })
      }
    },
    build: (resource) => {
      const scopes = [
        { scope: ownScope, metrics: own },
        { scope: foreignScope, metrics: foreign }
      ]
      const scopeMetrics = scopes
        .map(({ metrics, scope }) => ({ scope, metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0) }))
        .filter(({ metrics }) => metrics.length > 0)
      return { metrics: { resource, scopeMetrics }, points }
    }
  }
}

const target = (metric: ExportMetric, isDelta: boolean, put: (data: MetricData) => void): Target => {
  const aggregationTemporality = isDelta ? deltaTemporality : cumulativeTemporality
  const sum = (suffix: string, isMonotonic: boolean): Array<DataPoint<number>> => {
    const dataPoints: Array<DataPoint<number>> = []
    const descriptor = descriptorOf(metric, suffix)
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
    case "upDownCounter": {
      const dataPoints = sum("", metric.kind === "counter")
      return { type: "number", add: (point) => dataPoints.push(point) }
    }
    case "gauge": {
      const dataPoints = gauge("")
      return { type: "number", add: (point) => dataPoints.push(point) }
    }
    case "histogram": {
      const dataPoints: Array<DataPoint<Histogram>> = []
      put({ descriptor: descriptorOf(metric, ""), aggregationTemporality, dataPointType: histogramType, dataPoints })
      return { type: "distribution", add: (point) => dataPoints.push(point) }
    }
    case "summary": {
      // OpenTelemetry's exporters know no summaries: they go out as Effect's own bridge has them.
      const [quantiles, count, total] = [gauge("_quantiles"), sum("_count", true), sum("_sum", false)]
      const add = (point: DataPoint<Quantiles>): void => {
        const { value } = point
        count.push({ ...point, value: value.count })
        total.push({ ...point, value: value.sum })
        for (const [quantile, at] of value.quantiles) {
          const attributes: Attributes = { ...point.attributes, quantile: String(quantile) }
          quantiles.push({ ...point, attributes, value: at })
        }
      }
      return { type: "summary", add }
    }
  }
}

const descriptorOf = ({ help, name, unit }: ExportMetric, suffix: string): MetricData["descriptor"] => ({
  name: `${name}${suffix}`,
  description: help,
  unit,
  valueType: double
})

const histogramOf = ({ bounds, counts, ...rest }: Distribution): Histogram => ({
  ...rest,
  buckets: { boundaries: arrayOf(bounds), counts }
})

/** The type of OpenTelemetry's boundaries can be written to: each list is copied, once. */
const arrayOf = (bounds: ReadonlyArray<number>): Array<number> => {
  const known = arrays.get(bounds)
  if (known !== undefined) {
    return known
  }
  const made = Array.from(bounds)
  arrays.set(bounds, made)
  return made
}

const arrays = new WeakMap<ReadonlyArray<number>, Array<number>>()
