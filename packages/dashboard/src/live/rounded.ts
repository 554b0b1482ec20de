/** Numbers with as many digits as matter: seven, and thousandths of large ones, so that differences stay true. */

/** Rounds a number; what is none becomes `null` in JSON by itself. */
export const rounded = (value: number): number => {
  if (Number.isInteger(value) || !Number.isFinite(value)) {
    return value
  }
  const size = Math.abs(value)
  const factor = factors.find(({ from }) => size >= from)?.factor
  return factor === undefined ? Number(value.toPrecision(7)) : Math.round(value * factor) / factor
}

/** Faster than by text, for the sizes that most numbers have. */
const factors = [
  { from: 1_000, factor: 1e3 },
  { from: 100, factor: 1e4 },
  { from: 10, factor: 1e5 },
  { from: 1, factor: 1e6 },
  { from: 0.1, factor: 1e7 },
  { from: 0.01, factor: 1e8 },
  { from: 0.001, factor: 1e9 }
]
