/** What every way of collecting is asked for and checked against. */
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics"

/** A way to collect; it answers the number of points of the metric that was asked for. */
export interface Collected {
  readonly collect: () => Promise<number>
  /** Records one value on every series. */
  readonly move: () => void
}

/** The number of points of one metric. */
export const pointsOf = ({ scopeMetrics }: ResourceMetrics, name: string): number =>
  scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0)
