/** The pairs of windows in which every error budget is watched, and the thresholds of their alerts. */
import type { Range } from "../promql/select.ts"
import type { Window } from "../rules/budget.ts"
import type { Settings, Severity } from "../settings.ts"
import { isOn, type Values } from "./alert.ts"
import { count, either, inWords } from "./text.ts"
import type { Threshold } from "./threshold.ts"

/** The long windows, by which the rules of one name are told apart. */
export type BurnWindow = "1h" | "6h" | "1d" | "3d"

/** The threshold of a window: how many times faster than the budget allows. */
type Factor = `factor${BurnWindow}`

/** A pair of windows: the long one shows that it matters, the short one that it is still going on. */
export interface Burn {
  readonly long: BurnWindow
  readonly short: Window
  readonly factor: Factor
  readonly severity: Severity
  readonly for: Range
}

/** From the fastest use of a budget to the slowest. */
export const burns: ReadonlyArray<Burn> = [
  { long: "1h", short: "5m", factor: "factor1h", severity: "critical", for: "6m" },
  { long: "6h", short: "30m", factor: "factor6h", severity: "critical", for: "15m" },
  { long: "1d", short: "2h", factor: "factor1d", severity: "warning", for: "1h" },
  { long: "3d", short: "6h", factor: "factor3d", severity: "warning", for: "3h" }
]

const factor = (value: number, window: BurnWindow): Threshold => ({
  value,
  help: `times the sustainable rate at which the budget is used over ${inWords(window)}; more is too fast`,
  above: 0
})

/** The thresholds of all windows. */
export const factors: Readonly<Record<Factor, Threshold>> = {
  factor1h: factor(14.4, "1h"),
  factor6h: factor(6, "6h"),
  factor1d: factor(3, "1d"),
  factor3d: factor(1, "3d")
}

const month = 30 * 86_400

/** How long the budget of thirty days lasts when it is used that many times as fast: `50 hours`. */
export const lastsAt = (times: number): string => {
  const seconds = month / times
  const [unit, length] = seconds < 3 * 86_400 ? (["hour", 3600] as const) : (["day", 86_400] as const)
  return count(Number((seconds / length).toPrecision(3)), unit)
}

/** At which rates the alert fires, over which windows, of those that are on. */
export const firingRates = (name: string, set: Values<Factor>, settings: Settings): string =>
  either(
    watched(name, settings).map(
      (one, index) => `${set[one.factor]} times ${index === 0 ? "the sustainable rate " : ""}over ${inWords(one.long)}`
    )
  )

/** What to keep on in a silence: the shortest window that is on, where there are several. */
export const keptOn = (name: string, settings: Settings): string => {
  const [first, ...others] = watched(name, settings)
  return first === undefined || others.length === 0 ? "" : ` Keep the ${first.long} window on: it shows new trouble.`
}

const watched = (name: string, settings: Settings): ReadonlyArray<Burn> =>
  burns.filter(({ long }) => isOn({ name, window: long }, settings))
