/** Lines that are gauges of processes: added up within a process, and over all, or of the process with the most. */
import type { Lines } from "../protocol/live.ts"
import type { ChartRole, LevelChart } from "./chart-lines.ts"
import { isValid, notYet, type Validity, validFrom } from "./increase.ts"
import type { KnownProcess, KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"
import { numberOf } from "./series-value.ts"

export interface Levels {
  /** Takes a series into account; what it gives is to be called for each new point. */
  readonly watch: (one: KnownSeries, role: LevelRole) => (now: number) => void
  /** Each line as the sum over all processes. */
  readonly sums: (chart: LevelChart, now: number) => Lines
  /** Each line of the process in which it is the largest. */
  readonly largest: (chart: LevelChart, now: number) => Lines
  readonly clear: () => void
}

type LevelRole = Extract<ChartRole, { readonly kind: "level" }>

interface Level {
  readonly role: LevelRole
  readonly process: KnownProcess
  value: number
  time: number | undefined
  validity: Validity
}

type Combine = (one: number, other: number) => number

const plus: Combine = (one, other) => one + other

const most: Combine = (one, other) => Math.max(one, other)

export const makeLevels = (): Levels => {
  let levels: Array<Level> = []
  const lines = (across: Combine) => (chart: LevelChart, now: number) => {
    const valid = levels.filter(({ role, validity }) => role.chart === chart && isValid(validity, now))
    return combined(valid, across)
  }
  return {
    watch: (one, role) => {
      const level: Level = { role, process: one.process, value: 0, time: undefined, validity: notYet }
      levels.push(level)
      return (now) => change(level, one, now)
    },
    sums: lines(plus),
    largest: lines(most),
    clear: () => {
      levels = []
    }
  }
}

const change = (level: Level, { current, time }: KnownSeries, now: number): void => {
  const interval = level.time === undefined ? undefined : time - level.time
  level.value = numberOf(current)
  level.time = time
  // A point that was sent again says nothing of the interval.
  if (interval !== 0) {
    level.validity = validFrom(now, interval)
  }
}

const combined = (levels: ReadonlyArray<Level>, across: Combine): Lines => {
  const byLine = new Map<string, Map<KnownProcess, number>>()
  for (const { process, role, value } of levels) {
    const processes = byLine.get(role.line) ?? new Map<KnownProcess, number>()
    byLine.set(role.line, processes.set(process, (processes.get(process) ?? 0) + value))
  }
  return linesOf(
    new Map(Array.from(byLine, ([line, processes]) => [line, Array.from(processes.values()).reduce(across)]))
  )
}
