/** Points as OpenTelemetry's exporters take them: grouped by scope and metric, a bounded number in each request. */
import type { Resource } from "@opentelemetry/resources"
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics"
import { type ExportMetric, hrTime, type HrTime, type Point } from "../collect/points/point.ts"
import { externalScope, ownScope } from "../collect/scope.ts"
import type { Baselines } from "../collect/points/temporality.ts"
import type { TimeAfter } from "./wire-time.ts"

/** One request: what goes to the exporter, and the deltas that its acknowledgement covers. */
export interface Request {
  readonly metrics: ResourceMetrics
  readonly points: number
  readonly deltas: ReadonlyArray<Point>
  readonly endTime: HrTime
}

/** A request that is being filled. */
export interface RequestBuilder {
  readonly add: (point: Point) => void
  /** All points get one time: no series began after it. */
  readonly build: (resource: Resource, timeAfter: TimeAfter) => Request
}

// The enums of OpenTelemetry's packages by value, so that nothing of them is loaded before something is exported.
const histogramType = 0
const gaugeType = 2
const sumType = 3
const deltaTemporality = 0
const cumulativeTemporality = 1
const double = 1

/** An empty request to a destination with these baselines. */
export const makeRequest = (baselines: Baselines): RequestBuilder => {
  const own: Array<MetricData> = []
  const external: Array<MetricData> = []
  const adders = new Map<ExportMetric, (point: Point) => void>()
  const deltas: Array<Point> = []
  const endTime: HrTime = [0, 0]
  let points = 0
  let latestStart = 0n
  let current: ExportMetric | undefined
  let add = (_: Point): void => {}
  const adderOf = (metric: ExportMetric): ((point: Point) => void) => {
    const isDelta = baselines.isDelta(metric)
    const list = metric.origin === "own" ? own : external
    const put = adder({ metric, isDelta, endTime }, (data) => list.push(data))
    if (!isDelta) {
      return (point) => put(point, point.series.startTime)
    }
    return (point) => {
      const delta = baselines.since(point)
      deltas.push(delta)
      put(delta, baselines.startOf(point.series))
    }
  }
  return {
    add: (point) => {
      points += 1
      latestStart = point.series.startNanos > latestStart ? point.series.startNanos : latestStart
      if (point.metric !== current) {
        current = point.metric
        add = adders.get(current) ?? adderOf(current)
        adders.set(current, add)
      }
      add(point)
    },
    build: (resource, timeAfter) => {
      const [seconds, nanos] = hrTime(timeAfter(latestStart))
      endTime[0] = seconds
      endTime[1] = nanos
      const scopes = [
        { scope: ownScope, metrics: own },
        { scope: externalScope, metrics: external }
      ]
      const scopeMetrics = scopes
        .map(({ metrics, scope }) => ({ scope, metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0) }))
        .filter(({ metrics }) => metrics.length > 0)
      return { metrics: { resource, scopeMetrics }, points, deltas, endTime }
    }
  }
}

interface Adder {
  readonly metric: ExportMetric
  readonly isDelta: boolean
  readonly endTime: HrTime
}

/** Puts the empty data of a metric into a request, and returns what adds points to it. */
const adder = (
  { endTime, isDelta, metric }: Adder,
  put: (data: MetricData) => void
): ((point: Point, startTime: HrTime) => void) => {
  const temporality = isDelta ? deltaTemporality : cumulativeTemporality
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
      return ({ series: { attributes }, type, value }, startTime) => {
        if (type === "number") {
          dataPoints.push({ startTime, endTime, attributes, value })
        }
      }
    }
    case "histogram": {
      const dataPoints: Array<DataPoint<Histogram>> = []
      const descriptor = descriptorOf(metric, "")
      put({ descriptor, aggregationTemporality: temporality, dataPointType: histogramType, dataPoints })
      return ({ series: { attributes }, type, value }, startTime) => {
        if (type === "distribution") {
          dataPoints.push({ startTime, endTime, attributes, value })
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

const descriptorOf = ({ help, name, unit }: ExportMetric, suffix: string): MetricData["descriptor"] => ({
  name: `${name}${suffix}`,
  description: help,
  unit,
  valueType: double
})
