/** Where labels stand on axes: at round numbers, round times, and not too close. */
import { formatQuantity } from "../text/quantity.ts"

export interface Tick {
  readonly at: number
  readonly text: string
}

/** The numbers 1, 2, 5, 10, 20 and so on, from a first one. */
const decimal = (first: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => first * ([1, 2, 5][index % 3] ?? 1) * 10 ** Math.floor(index / 3))

const ofTime = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
const ofUnit = new Map([
  ["s", [...decimal(1e-9, 29), 15, 30, 60, 120, 300, 600, 1200, 1800, ...decimal(3600, 20)]],
  ["By", Array.from({ length: 60 }, (_, power) => 2 ** power)]
])
const ofNumbers = decimal(1e-12, 90)

/** The multiples of the first of the steps with which there are at most so many. */
const multiples = (low: number, high: number, { most, steps }: { most: number; steps: ReadonlyArray<number> }) => {
  const step = steps.find((one) => (high - low) / one <= most) ?? high - low
  const first = Math.ceil(low / step)
  return {
    step,
    at: Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => (first + index) * step)
  }
}

/** The ticks of an axis of values. */
export const valueTicks = (low: number, high: number, { most, unit }: { most: number; unit: string }): Array<Tick> =>
  multiples(low, high, { most, steps: ofUnit.get(unit) ?? ofNumbers }).at.map((at) => ({
    at,
    text: formatQuantity(at, unit)
  }))

const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

/** The ticks of an axis of time, in seconds. */
export const timeTicks = (from: number, to: number, most: number): ReadonlyArray<Tick> => {
  const { at, step } = multiples(from, to, { most, steps: ofTime })
  const format = step < 60 ? seconds : minutes
  return at.map((time) => ({ at: time, text: format.format(time * 1000) }))
}
