/** How numbers of an alert are written in its texts. */
import type { Range } from "../promql/select.ts"
import { secondsOf } from "./duration.ts"

/** A share: `10%`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(12))}%`

/** A number of things: `1 job`, `5 jobs`. */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

const units = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60]
] as const

/** A duration in seconds, in the largest unit of which it is a multiple: `10 minutes`, `90 s`. */
export const lasting = (seconds: number): string => {
  const unit = units.find(([, length]) => seconds > 0 && seconds % length === 0)
  return unit === undefined ? `${seconds} s` : count(seconds / unit[1], unit[0])
}

/** A duration as Prometheus writes it: `10m` is `10 minutes`. */
export const inWords = (range: Range): string => lasting(secondsOf(range))

/** `a`, `a or b`, `a, b or c`. */
export const either = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} or ${items.at(-1) ?? ""}`
