/** Lines that are gauges of processes: added up within a process, and over all, or of the process with the most. */
import type { Lines } from "../protocol/live.ts"
import type { ChartRole, LevelChart } from "./chart-lines.ts"
import { isValid, notYet, type Validity, validFrom } from "./increase.ts"
import type { KnownProcess, KnownSeries } from "./inventory.ts"
import { linesOf } from "./lines.ts"

export interface Levels {
  /** Takes a series into account; what it gives is to be called for each new point. */
  readonly watch: (one: KnownSeries, role: LevelRole) => (now: number) => void
  /** Each line as the sum over all processes. */
  readonly sums: (chart: LevelChart, now: number) => Lines
  /** Each line of the process in which it is the largest. */
  readonly largest: (chart: LevelChart, now: number) => Lines
  /** All lines of the process that has the most of one of them; of the others while none has that one. */
  readonly ofLargest: (chart: LevelChart, line: string, now: number) => Lines
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
  const valid = (chart: LevelChart, now: number): ReadonlyArray<Level> =>
    levels.filter(({ role, validity }) => role.chart === chart && isValid(validity, now))
  const lines = (across: Combine) => (chart: LevelChart, now: number) => combined(valid(chart, now), across)
  return {
    watch: (one, role) => {
      const level: Level = { role, process: one.process, value: 0, time: undefined, validity: notYet }
      levels.push(level)
      return (now) => change(level, one, now)
    },
    sums: lines(plus),
    largest: lines(most),
    ofLargest: (chart, line, now) => {
      const all = valid(chart, now)
      const largest = processWithMost(all.filter(({ role }) => role.line === line))
      return combined(largest === undefined ? all : all.filter(({ process }) => process === largest), most)
    },
    clear: () => {
      levels = []
    }
  }
}

const processWithMost = (levels: ReadonlyArray<Level>): KnownProcess | undefined => {
  const sums = new Map<KnownProcess, number>()
  for (const { process, value } of levels) {
    sums.set(process, (sums.get(process) ?? 0) + value)
  }
  const [largest] = Array.from(sums).sort(([, one], [, other]) => other - one)
  return largest?.[0]
}

const change = (level: Level, { current, time }: KnownSeries, now: number): void => {
  // What is no number is not 0.
  if (typeof current.total !== "number" || !Number.isFinite(current.total)) {
    level.validity = notYet
    return
  }
  const interval = level.time === undefined ? undefined : time - level.time
  level.value = current.total
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
