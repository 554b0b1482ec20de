/**
 * Lines that are rates. A rate is the increase of a series over the time between its own two points, and holds until the
 * next one, so that senders with different intervals go together; that of a series without points any more ends.
 */
import type { Lines } from "../protocol/live.ts"
import type { Series } from "../receiver/model.ts"
import type { ChartRole, RateChart } from "./chart-lines.ts"
import { increaseOf, isValid, notYet, stepOf, type Validity, validFrom } from "./increase.ts"
import type { KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"
import { shownSum, shownValue } from "./series-value.ts"

export interface Rates {
  /** Takes a series into account; what it gives is to be called for each new point. */
  readonly watch: (one: KnownSeries, role: RateRole) => (now: number) => void
  /** All lines of a chart. */
  readonly lines: (chart: RateChart, now: number) => Lines
  /**
   * The five lines of a chart with the largest totals, and the sum of the others. A line that was among them stays until
   * another has a tenth more: of thousands that are alike not others each time.
   */
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

/** By how much another line must be larger than one that is shown. */
const margin = 1.1

export const makeRates = (): Rates => {
  const rates = new Map<RateChart, Array<Rated>>()
  const shown = new Map<RateChart, ReadonlySet<string>>()
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
    largest: (chart, now) => {
      const all = lines(chart, now)
      const totals = added(rates.get(chart), ({ total }) => total)
      const names = largest(all, totals, shown.get(chart) ?? new Set())
      shown.set(chart, new Set(names))
      return withOthers(all, names)
    },
    clear: () => {
      rates.clear()
      shown.clear()
    }
  }
}

const change = (rated: Rated, one: KnownSeries, now: number): void => {
  const total = amountOf(one.current, rated.role)
  const step = stepOf(one)
  rated.total = total
  if (step !== undefined) {
    const before = step.before === undefined ? 0 : amountOf(step.before, rated.role)
    rated.perSecond = increaseOf(before, total) / (step.intervalMs / 1_000)
    rated.validity = validFrom(now, step.intervalMs)
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

const largest = (lines: Lines, totals: Lines, shown: ReadonlySet<string>): ReadonlyArray<string> => {
  const weight = (name: string): number => valueIn(totals, name) * (shown.has(name) ? margin : 1)
  const sorted = Object.keys(lines).sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1))
  return sorted.slice(0, maxLines)
}

const withOthers = (lines: Lines, names: ReadonlyArray<string>): Lines => {
  const rest = new Set(Object.keys(lines))
  names.forEach((name) => rest.delete(name))
  if (rest.size === 0) {
    return lines
  }
  const kept = new Map(names.map((name) => [name, valueIn(lines, name)]))
  const others = Array.from(rest).reduce((sum, name) => sum + valueIn(lines, name), 0)
  return linesOf(kept.set("others", (kept.get("others") ?? 0) + others))
}
