/**
 * A gauge that one process writes for the whole cluster: while two overlap, the largest of each label set counts, and of
 * a process that has stopped none, unless no other says something newer.
 */
import type { Lines } from "../protocol/live.ts"
import { canonicalJson, keyOf } from "../receiver/canonical-json.ts"
import { isValid, type Validity, validFrom } from "./increase.ts"
import type { KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"
import { numberOf } from "./series-value.ts"

export interface ClusterGauge {
  readonly change: (one: KnownSeries, at: { readonly line: string; readonly now: number }) => void
  /** The sums of the lines now. */
  readonly lines: (now: number) => Lines
  /** The sum of all, also where nobody goes on reporting them; `undefined` where nobody ever did. */
  readonly total: (now: number) => number | undefined
  readonly clear: () => void
}

interface Reported {
  value: number
  time: number
  validity: Validity
}

interface LabelSet {
  readonly line: string
  readonly reports: Map<KnownSeries, Reported>
}

export const makeClusterGauge = (): ClusterGauge => {
  const sets = new Map<string, LabelSet>()
  const bySeries = new Map<KnownSeries, LabelSet>()
  return {
    change: (one, { line, now }) => {
      const set = bySeries.get(one) ?? join(sets, one, line)
      bySeries.set(one, set)
      const { time } = one
      const before = set.reports.get(one)
      const interval = before === undefined ? undefined : time - before.time
      // A point that was sent again says nothing of the interval.
      const validity = before !== undefined && interval === 0 ? before.validity : validFrom(now, interval)
      set.reports.set(one, { value: numberOf(one.current), time, validity })
    },
    lines: (now) => {
      const lines = new Map<string, number>()
      for (const { line, reports } of sets.values()) {
        const value = fresh(reports, now)
        if (value !== undefined) {
          lines.set(line, (lines.get(line) ?? 0) + value)
        }
      }
      return linesOf(lines)
    },
    total: (now) => {
      if (sets.size === 0) {
        return undefined
      }
      return Array.from(sets.values()).reduce((sum, { reports }) => sum + (fresh(reports, now) ?? newest(reports)), 0)
    },
    clear: () => {
      sets.clear()
      bySeries.clear()
    }
  }
}

const join = (sets: Map<string, LabelSet>, { current }: KnownSeries, line: string): LabelSet => {
  const key = keyOf(canonicalJson(current.attributes))
  const set = sets.get(key) ?? { line, reports: new Map() }
  sets.set(key, set)
  return set
}

const fresh = (reports: LabelSet["reports"], now: number): number | undefined => {
  let largest: number | undefined
  for (const { validity, value } of reports.values()) {
    if (isValid(validity, now) && (largest === undefined || value > largest)) {
      largest = value
    }
  }
  return largest
}

const newest = (reports: LabelSet["reports"]): number => {
  let last: Reported | undefined
  for (const report of reports.values()) {
    last = last === undefined || report.time > last.time ? report : last
  }
  return last?.value ?? 0
}
