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
  let lines: Array<Lines | null | undefined> = []
  /** The series of each line. */
  let owners: Array<number> = []
  const openOne = (id: number, time: number): number | undefined => {
    const line = history.open(time)
    if (line !== undefined) {
      const before = owners[line]
      if (before !== undefined) {
        lines[before] = undefined
      }
      owners[line] = id
    }
    return line
  }
  const open = ({ current, id, time }: KnownSeries): Lines | null => {
    const values = openOne(id, time)
    if (values === undefined || shownSum(current) === undefined) {
      return values === undefined ? null : { values }
    }
    const sums = openOne(id, time)
    return sums === undefined || sums === values ? null : { values, sums }
  }
  return {
    change: (one) => {
      const { current, id, time } = one
      const known = lines[id]
      const of = known === undefined ? open(one) : known
      lines[id] = of
      if (of === null) {
        return
      }
      history.add(of.values, time, shownValue(current))
      const sum = shownSum(current)
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
      owners = []
    }
  }
}
