/** What collection hands to every destination: one metric and one point of it at a time, whatever format it leaves in. */

import type { Convention } from "../../catalogue/convention.ts"
import type { Exemplars } from "../../catalogue/exemplar.ts"
import type { ExponentialState } from "../../catalogue/exponential.ts"

/** A metric as it goes out. `own` metrics are of our catalogue or defined with `MetricsService.define`. */
export interface ExportMetric {
  readonly name: string
  readonly help: string
  /** UCUM, or empty where an external metric says none. */
  readonly unit: string
  readonly kind: "counter" | "upDownCounter" | "gauge" | "histogram" | "summary"
  readonly origin: "own" | "external"
  /** What it and its labels are called on OTLP, where that is something else. */
  readonly convention?: Convention | undefined
}

/** A series as it goes out: the same object at every collection, as long as the series lives. */
export interface ExportSeries {
  readonly attributes: Readonly<Record<string, string>>
  /** When its value was zero, in nanoseconds of the epoch. */
  readonly startNanos: bigint
  /** The same as seconds and the nanoseconds beyond, as OpenTelemetry has it. */
  readonly startTime: HrTime
  /** Its seconds alone: compared for every series at each collection, where reading the array takes far longer. */
  readonly startSeconds: number
}

/** Seconds of the epoch, and nanoseconds beyond. */
export type HrTime = [number, number]

/**
 * A histogram, in the shape of OpenTelemetry's, so that the exporter takes it as it is. There is one more count than
 * boundaries, the last one for all above the last boundary; boundaries are inclusive above.
 */
export interface Distribution {
  readonly count: number
  /**
   * Absent where negative values may have been recorded: to receivers a sum is a counter, and it could have gone back.
   * OpenTelemetry's `HistogramDataPoint` and OpenMetrics both ask for that.
   */
  readonly sum?: number
  /** Absent when it is empty or not known. */
  readonly min?: number
  readonly max?: number
  readonly buckets: Buckets
  /** The same values in exponential buckets, where the metric has them. */
  readonly exponential?: ExponentialState
  /** Single values, by their bucket between boundaries. */
  readonly exemplars?: Exemplars
}

/** OpenTelemetry's types let these be written to; nobody does. */
export interface Buckets {
  readonly boundaries: Array<number>
  readonly counts: Array<number>
}

/** Quantiles of an external summary over its window; count and sum are of all time. */
export interface Quantiles {
  readonly count: number
  readonly sum: number
  /** The least value of all time; 0 when it is empty. Below 0, the sum is no counter. */
  readonly min: number
  readonly quantiles: ReadonlyArray<readonly [quantile: number, value: number]>
}

/** A point whose value is a cumulative number. */
export interface NumberPoint {
  readonly type: "number"
  readonly metric: ExportMetric
  readonly series: ExportSeries
  readonly value: number
}

/** A point whose value is a cumulative histogram. */
export interface DistributionPoint {
  readonly type: "distribution"
  readonly metric: ExportMetric
  readonly series: ExportSeries
  readonly value: Distribution
}

/** A point whose value is a summary. */
export interface SummaryPoint {
  readonly type: "summary"
  readonly metric: ExportMetric
  readonly series: ExportSeries
  readonly value: Quantiles
}

export type Point = NumberPoint | DistributionPoint | SummaryPoint

/** A series to export. */
export const exportSeries = (attributes: Readonly<Record<string, string>>, startNanos: bigint): ExportSeries => {
  const startTime = hrTime(startNanos)
  return { attributes, startNanos, startTime, startSeconds: startTime[0] }
}

/** Nanoseconds of the epoch as OpenTelemetry writes them. */
export const hrTime = (nanos: bigint): HrTime => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)]
