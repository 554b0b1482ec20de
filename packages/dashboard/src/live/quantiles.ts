/** Lines that are quantiles of what came to distributions with their last points, over all series. */
import type { Lines } from "../protocol/live.ts"
import { type Buckets, bucketsSince, makeBucketSum, noBuckets, quantileOf } from "./buckets.ts"
import type { ChartRole, QuantileChart } from "./chart-lines.ts"
import { isValid, notYet, stepOf, type Validity, validFrom } from "./increase.ts"
import type { KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"
import { distributionOf } from "./series-value.ts"

export interface Quantiles {
  /** Takes a series into account; what it gives is to be called for each new point. */
  readonly watch: (one: KnownSeries, role: QuantileRole) => (now: number) => void
  readonly lines: (chart: QuantileChart, now: number) => Lines
  readonly clear: () => void
}

type QuantileRole = Extract<ChartRole, { readonly kind: "quantiles" }>

interface Measured {
  readonly chart: QuantileChart
  /** What came with its last point. */
  buckets: Buckets
  validity: Validity
}

export const makeQuantiles = (): Quantiles => {
  let distributions: Array<Measured> = []
  return {
    watch: (one, { chart }) => {
      const measured = { chart, buckets: noBuckets, validity: notYet }
      distributions.push(measured)
      return (now) => change(measured, one, now)
    },
    lines: (chart, now) => quantiles(distributions, chart, now),
    clear: () => {
      distributions = []
    }
  }
}

const change = (measured: Measured, one: KnownSeries, now: number): void => {
  const step = stepOf(one)
  const after = distributionOf(one.current)
  if (after !== undefined && step !== undefined) {
    measured.buckets = bucketsSince(step.before === undefined ? undefined : distributionOf(step.before), after)
    measured.validity = validFrom(now, step.intervalMs)
  }
}

const quantiles = (distributions: ReadonlyArray<Measured>, chart: QuantileChart, now: number): Lines => {
  const sum = makeBucketSum()
  for (const measured of distributions) {
    if (measured.chart === chart && isValid(measured.validity, now)) {
      sum.add(measured.buckets)
    }
  }
  const total = sum.total()
  const lines = new Map<string, number>()
  for (const [name, quantile] of quantileLines) {
    const value = quantileOf(total, quantile)
    if (value !== undefined) {
      lines.set(name, value)
    }
  }
  return linesOf(lines)
}

const quantileLines = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99]
] as const
