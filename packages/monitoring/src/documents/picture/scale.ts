/** Values with their unit, and the marks of an axis. */
import { unitName } from "../../dashboards/dashboard.ts"

/** The marks of an axis that begins at 0, in steps of 1, 2, 2.5 or 5. */
export interface Axis {
  readonly top: number
  readonly marks: ReadonlyArray<{ readonly value: number; readonly label: string }>
}

interface Part {
  readonly name: string
  readonly size: number
}

const durations: ReadonlyArray<Part> = [
  { name: " h", size: 3600 },
  { name: " min", size: 60 },
  { name: " s", size: 1 },
  { name: " ms", size: 1e-3 },
  { name: " µs", size: 1e-6 }
]

const counts: ReadonlyArray<Part> = [
  { name: "M", size: 1e6 },
  { name: "k", size: 1e3 },
  { name: "", size: 1 }
]

const bytes: ReadonlyArray<Part> = [
  { name: " GiB", size: 1024 ** 3 },
  { name: " MiB", size: 1024 ** 2 },
  { name: " KiB", size: 1024 },
  { name: " B", size: 1 }
]

const percent: ReadonlyArray<Part> = [{ name: "%", size: 0.01 }]

/** The units of which each mark says in what it is. */
const told: ReadonlyMap<string, ReadonlyArray<Part>> = new Map([
  ["s", durations],
  ["percentunit", percent],
  ["bytes", bytes]
])

/** What a value of this size is shown in; minutes, hours and thousands of bytes from two of them on. */
const partOf = (unit: string, value: number): Part => {
  const parts = told.get(unit) ?? counts
  const last = { name: "", size: 1, ...parts.at(-1) }
  return parts.find(({ size }) => value >= size * (size >= 60 ? 2 : 1)) ?? last
}

/** The number with what an axis needs of its unit: `250 ms`, `10%`, `2k`. */
const label = (value: number, { name, size }: Part): string => `${Number((value / size).toPrecision(3))}${name}`

/** The axis for values up to this one. */
export const axis = (unit: string, highest: number): Axis => {
  const most = highest > 0 ? highest : 1
  const { size } = partOf(unit, most)
  const step = niceStep(most / size / 4) * size
  const count = Math.ceil(most / step - 1e-9)
  // 970 ms need an axis up to 1 s.
  const part = partOf(unit, count * step * (1 + 1e-9))
  return {
    top: count * step,
    marks: Array.from({ length: count + 1 }, (_, index) => ({
      value: index * step,
      label: index === 0 ? "0" : label(index * step, part)
    }))
  }
}

const niceStep = (least: number): number => {
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= least - 1e-12) ?? 10)
}

/** A single value with its unit: `3.2 s`, `12%`, `4 jobs`. */
export const withUnit = (unit: string, value: number): string => {
  // Nothing of a duration is 0 s.
  const number = label(value, partOf(unit, value === 0 ? 1 : value))
  return told.has(unit) ? number : `${number} ${unitName(unit)}`
}

/** The unit that stands beside the title: none where each mark has it. */
export const axisUnit = (unit: string): string => (told.has(unit) ? "" : unitName(unit))

/** Seconds since the start, as minutes and seconds: `2:30`. */
export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`
