/** The past of each series: one line of history, and of a distribution another one with its sums. */
import { makeHistory, type Past } from "./history.ts"
import type { KnownSeries } from "./inventory.ts"
import { shownSum, shownValue } from "./series-value.ts"

export interface SeriesHistory {
  /** A series has a new point. */
  readonly change: (one: KnownSeries) => void
  /** What is known of its past; nothing of a series for which no memory was left. */
  readonly read: (one: KnownSeries) => Past & { readonly sums?: ReadonlyArray<number> }
  readonly clear: () => void
}

interface Lines {
  readonly values: number
  readonly sums?: number
}

/** `limit` is the memory in bytes. */
export const makeSeriesHistory = (limit?: number): SeriesHistory => {
  const history = makeHistory(limit)
  /** By the id of the series; `null` where there was no memory. */
  let lines: Array<Lines | null> = []
  const open = (hasSums: boolean): Lines | null => {
    const values = history.open()
    if (values === undefined || !hasSums) {
      return values === undefined ? null : { values }
    }
    const sums = history.open()
    return sums === undefined ? null : { values, sums }
  }
  return {
    change: ({ current, id, time }) => {
      const sum = shownSum(current)
      const of = (lines[id] ??= lines[id] === null ? null : open(sum !== undefined))
      if (of === null) {
        return
      }
      history.add(of.values, time, shownValue(current))
      if (of.sums !== undefined && sum !== undefined) {
        history.add(of.sums, time, sum)
      }
    },
    read: ({ id }) => {
      const of = lines[id]
      if (of === undefined || of === null) {
        return { times: [], values: [] }
      }
      const past = history.read(of.values)
      return of.sums === undefined ? past : { ...past, sums: history.read(of.sums).values }
    },
    clear: () => {
      history.clear()
      lines = []
    }
  }
}
