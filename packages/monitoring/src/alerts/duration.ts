/** Durations as Prometheus writes them: `90s`, `10m`, `6h`, `1d`. */
import type { Range } from "../promql/select.ts"

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

// Prometheus counts nanoseconds in 64 bits, which end after 292 years.
const longest = 36_500 * 86_400

/** The seconds of a duration; `NaN` where it is none, or longer than a hundred years. */
export const secondsOf = (range: string): number => {
  const [, count = "", unit = ""] = /^([0-9]+)([smhd])$/.exec(range) ?? []
  const seconds = count === "" ? Number.NaN : Number(count) * (units[unit] ?? Number.NaN)
  return seconds <= longest ? seconds : Number.NaN
}

/** The duration, or a minute more than a rollout takes, where that is not shorter. */
export const longerThan = (rollout: Range, range: Range): Range =>
  secondsOf(range) <= secondsOf(rollout) ? written(secondsOf(rollout) + 60) : range

const written = (seconds: number): Range => (seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`)
