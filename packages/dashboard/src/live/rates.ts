/**
 * Lines that are rates. A rate is the increase of a series over the time between its own two points, and holds until the
 * next one, so that senders with different intervals go together; that of a series without points any more ends.
 */
import type { Lines } from "../protocol/live.ts"
import type { Series } from "../receiver/model.ts"
import type { ChartRole, RateChart } from "./chart-lines.ts"
import { baseOf, increaseOf, isValid, notYet, type Validity, validFrom } from "./increase.ts"
import type { KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"
import { shownSum, shownValue } from "./series-value.ts"

export interface Rates {
  /** Takes a series into account; what it gives is to be called for each new point. */
  readonly watch: (one: KnownSeries, role: RateRole) => (now: number) => void
  /** All lines of a chart. */
  readonly lines: (chart: RateChart, now: number) => Lines
  /** The five lines of a chart with the largest totals, and the sum of the others. */
  readonly largest: (chart: RateChart, now: number) => Lines
  readonly clear: () => void
}

type RateRole = Extract<ChartRole, { readonly kind: "rate" }>

interface Rated {
  readonly role: RateRole
  perSecond: number
  total: number
  validity: Validity
}

/** The most lines that a chart with an `others` has besides. */
const maxLines = 5

export const makeRates = (): Rates => {
  const rates = new Map<RateChart, Array<Rated>>()
  const lines = (chart: RateChart, now: number): Lines =>
    added(rates.get(chart), ({ perSecond, validity }) => (isValid(validity, now) ? perSecond : undefined))
  return {
    watch: (one, role) => {
      const rated = { role, perSecond: 0, total: 0, validity: notYet }
      rates.set(role.chart, rates.get(role.chart) ?? [])
      rates.get(role.chart)?.push(rated)
      return (now) => change(rated, one, now)
    },
    lines,
    largest: (chart, now) =>
      largest(
        lines(chart, now),
        added(rates.get(chart), ({ total }) => total)
      ),
    clear: () => rates.clear()
  }
}

const change = (rated: Rated, one: KnownSeries, now: number): void => {
  const total = amountOf(one.current, rated.role)
  const base = baseOf(one)
  const interval = base === undefined ? 0 : one.time - base.time
  rated.total = total
  // A point of the same time says nothing of a rate.
  if (base !== undefined && interval > 0) {
    const before = base.series === undefined ? 0 : amountOf(base.series, rated.role)
    rated.perSecond = increaseOf(before, total) / (interval / 1_000)
    rated.validity = validFrom(now, interval)
  }
}

/** What of a series goes up; 0 where that is no number. */
const amountOf = (series: Series, { ofSum }: RateRole): number => {
  const amount = ofSum === true ? (shownSum(series) ?? 0) : shownValue(series)
  return Number.isFinite(amount) ? amount : 0
}

/** The sum of what the series of a line have. */
const added = (rates: ReadonlyArray<Rated> = [], of: (rated: Rated) => number | undefined): Lines => {
  const lines = new Map<string, number>()
  for (const rated of rates) {
    const value = of(rated)
    if (value !== undefined) {
      lines.set(rated.role.line, (lines.get(rated.role.line) ?? 0) + value)
    }
  }
  return linesOf(lines)
}

const valueIn = (lines: Lines, name: string): number => (Object.hasOwn(lines, name) ? (lines[name] ?? 0) : 0)

const largest = (lines: Lines, totals: Lines): Lines => {
  const names = Object.keys(lines)
  if (names.length <= maxLines) {
    return lines
  }
  const sorted = names.sort((a, b) => valueIn(totals, b) - valueIn(totals, a) || (a < b ? -1 : 1))
  const shown = new Map(sorted.slice(0, maxLines).map((name) => [name, valueIn(lines, name)]))
  const others = sorted.slice(maxLines).reduce((sum, name) => sum + valueIn(lines, name), 0)
  return linesOf(shown.set("others", (shown.get("others") ?? 0) + others))
}
