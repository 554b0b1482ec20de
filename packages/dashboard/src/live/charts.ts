/**
 * The six charts of the overview. A counter's rate is its increase over the time between its own two points, and holds
 * until the next one, so that senders with different intervals go together; that of a series without points any more
 * ends. Gauges of the whole cluster, which several processes may report, are taken once: the largest.
 */
import type { ChartPoint, Lines } from "../protocol/live.ts"
import { type Buckets, bucketsSince, makeBucketSum, noBuckets, quantileOf } from "./buckets.ts"
import { type ChartRole, chartRole, type QuantileChart, type RateChart } from "./chart-lines.ts"
import { makeClusterGauge } from "./cluster-gauge.ts"
import { baseOf, increaseOf, isValid, notYet, type Validity, validFrom } from "./increase.ts"
import type { KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"
import { distributionOf, numberOf } from "./series-value.ts"

export interface Charts {
  /** A series has a new point. */
  readonly change: (one: KnownSeries, now: number) => void
  readonly point: (now: number) => ChartPoint
  /** The gauge of the jobs that are held, which the law needs too. */
  readonly held: (now: number) => number | undefined
  readonly clear: () => void
}

interface Rated {
  readonly role: Extract<ChartRole, { readonly chart: RateChart }>
  perSecond: number
  total: number
  validity: Validity
}

interface Measured {
  readonly chart: QuantileChart
  /** What came with its last point. */
  buckets: Buckets
  validity: Validity
}

/** The most reasons that have lines of their own. */
const maxReasons = 5

export const makeCharts = (): Charts => {
  const rates = new Map<KnownSeries, Rated>()
  const distributions = new Map<KnownSeries, Measured>()
  const queue = makeClusterGauge()
  /** By the id of the series. */
  let roles: Array<ChartRole | null> = []
  return {
    change: (one, now) => {
      const known = roles[one.id]
      const role = known === undefined ? (chartRole(one.metric.name, one.current.attributes) ?? null) : known
      roles[one.id] = role
      if (role === null) {
        return
      }
      if (role.chart === "queue") {
        queue.change(one, { line: role.line, now })
      } else if ("line" in role) {
        changeRate(rates, one, { role, now })
      } else {
        changeDistribution(distributions, one, { chart: role.chart, now })
      }
    },
    point: (now) => ({
      time: now,
      jobs: rateLines(rates, "jobs", now),
      queue: queue.lines(now),
      failures: largest(rateLines(rates, "failures", now), totalsOf(rates, "failures")),
      processing: quantiles(distributions, "processing", now),
      wait: quantiles(distributions, "wait", now),
      messages: quantiles(distributions, "messages", now)
    }),
    held: queue.total,
    clear: () => {
      rates.clear()
      distributions.clear()
      queue.clear()
      roles = []
    }
  }
}

const changeRate = (
  rates: Map<KnownSeries, Rated>,
  one: KnownSeries,
  { now, role }: { readonly role: Rated["role"]; readonly now: number }
): void => {
  const total = numberOf(one.current)
  const known = rates.get(one)
  const rated = known ?? { role, perSecond: 0, total, validity: notYet }
  if (known === undefined) {
    rates.set(one, rated)
  }
  const base = baseOf(one)
  const interval = base === undefined ? 0 : one.time - base.time
  rated.total = total
  // A point of the same time says nothing of a rate.
  if (base !== undefined && interval > 0) {
    const before = base.series === undefined ? 0 : numberOf(base.series)
    rated.perSecond = increaseOf(before, total) / (interval / 1_000)
    rated.validity = validFrom(now, interval)
  }
}

const changeDistribution = (
  distributions: Map<KnownSeries, Measured>,
  one: KnownSeries,
  { chart, now }: { readonly chart: QuantileChart; readonly now: number }
): void => {
  const known = distributions.get(one)
  const measured = known ?? { chart, buckets: noBuckets, validity: notYet }
  if (known === undefined) {
    distributions.set(one, measured)
  }
  const base = baseOf(one)
  const after = distributionOf(one.current)
  const interval = base === undefined ? 0 : one.time - base.time
  if (after !== undefined && base !== undefined && interval > 0) {
    measured.buckets = bucketsSince(base.series === undefined ? undefined : distributionOf(base.series), after)
    measured.validity = validFrom(now, interval)
  }
}

const rateLines = (rates: ReadonlyMap<KnownSeries, Rated>, chart: RateChart, now: number): Lines => {
  const lines = new Map<string, number>()
  for (const { perSecond, role, validity } of rates.values()) {
    if (role.chart === chart && isValid(validity, now)) {
      lines.set(role.line, (lines.get(role.line) ?? 0) + perSecond)
    }
  }
  return linesOf(lines)
}

const totalsOf = (rates: ReadonlyMap<KnownSeries, Rated>, chart: RateChart): ReadonlyMap<string, number> => {
  const totals = new Map<string, number>()
  for (const { role, total } of rates.values()) {
    if (role.chart === chart) {
      totals.set(role.line, (totals.get(role.line) ?? 0) + total)
    }
  }
  return totals
}

/** The lines with the largest totals, and the sum of the others. */
const largest = (lines: Lines, totals: ReadonlyMap<string, number>): Lines => {
  const names = Object.keys(lines)
  if (names.length <= maxReasons) {
    return lines
  }
  const sorted = names.sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0) || (a < b ? -1 : 1))
  const shown = new Map(sorted.slice(0, maxReasons).map((name) => [name, lines[name] ?? 0]))
  const others = sorted.slice(maxReasons).reduce((sum, name) => sum + (lines[name] ?? 0), 0)
  return linesOf(shown.set("others", (shown.get("others") ?? 0) + others))
}

const quantiles = (distributions: ReadonlyMap<KnownSeries, Measured>, chart: QuantileChart, now: number): Lines => {
  const sum = makeBucketSum()
  for (const measured of distributions.values()) {
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
