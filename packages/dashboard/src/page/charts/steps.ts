/** The steps between labels of axes, so that labels are round numbers, the smallest first. */

/** Seconds, of an axis of time. */
export const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]

/** The numbers 1, 2, 5, 10, 20 and so on from a power of ten on. */
const decimal = (power: number, count: number): Array<number> =>
  Array.from({ length: count }, (_, index) => Number(`${[1, 2, 5][index % 3]}e${power + Math.floor(index / 3)}`))

const hour = 3600
const seconds = [
  ...decimal(-9, 31),
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour
]
const days = decimal(0, 30).map((count) => count * 24 * hour)

/** Of an axis of values in a unit; bytes go by powers of two, and all but seconds by those of ten. */
export const stepsOf = (unit: string): Array<number> =>
  unit === "s"
    ? [...seconds, ...days]
    : unit === "By"
      ? Array.from({ length: 60 }, (_, power) => 2 ** power)
      : decimal(-12, 90)
