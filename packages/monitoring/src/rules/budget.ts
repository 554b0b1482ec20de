/**
 * The burn rate of an error budget: the share of what went wrong, over the share that an objective allows. At 1 the budget
 * lasts exactly thirty days.
 */
import type { Range } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"
import type { Settings } from "../settings.ts"
import { record, recorded, type Recording } from "./recording.ts"

/** The windows of the burn rates. */
export const windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const satisfies ReadonlyArray<Range>

export type Window = (typeof windows)[number]

/** The recording rules of one window. */
export interface Budget<L extends string> {
  readonly good: Recording<L>
  readonly bad: Recording<L>
  readonly share: Recording<L>
  readonly burn: Recording<L>
}

/** What is counted. */
interface Counted<L extends string> {
  /** Level and metric of the recording rule. */
  readonly name: string
  /** What it is, as the subject of `... in 5m`. */
  readonly what: string
  readonly grown: (window: Window) => Vector<L>
}

interface BudgetOptions<L extends string> {
  readonly good: Counted<L>
  readonly bad: Counted<L>
  /** For the share: of which ones, and what became of those, as in `Share of the jobs finished in 5m that were lost`. */
  readonly share: readonly [all: string, went: string]
  readonly burn: {
    readonly name: string
    /** Whose budget it is, as in `a job type`. */
    readonly whose: string
    /** The share that went wrong, over what the objectives allow. */
    readonly rate: (share: Recording<L>, settings: Settings) => Vector<L>
  }
}

/** The share that an objective leaves for errors, rounded because 1 - 0.999 is not 0.001 in binary. */
export const allowed = (objective: number): number => Number((1 - objective).toPrecision(6))

/** The recording rules by window. */
export const budgetOf = <L extends string>(options: BudgetOptions<L>): Readonly<Record<Window, Budget<L>>> => ({
  "5m": within("5m", options),
  "30m": within("30m", options),
  "1h": within("1h", options),
  "2h": within("2h", options),
  "6h": within("6h", options),
  "1d": within("1d", options),
  "3d": within("3d", options)
})

const within = <L extends string>(
  window: Window,
  { bad, burn, good, share: [all, went] }: BudgetOptions<L>
): Budget<L> => {
  const wentWell = record(`${good.name}:increase${window}`, `${good.what} in ${window}.`, good.grown(window))
  const wentWrong = record(
    `${bad.name}:increase${window}`,
    `${bad.what} in ${window}.`,
    bad.grown(window).orZeroOf(recorded(wentWell))
  )
  const share = record(
    `${bad.name}:ratio${window}`,
    `Share of the ${all} in ${window} that ${went}.`,
    recorded(wentWrong).dividedBy(recorded(wentWrong).plus(recorded(wentWell).orZeroOf(recorded(wentWrong))))
  )
  return {
    good: wentWell,
    bad: wentWrong,
    share,
    burn: {
      name: `${burn.name}:ratio${window}`,
      help: `Burn rate of the error budget of ${burn.whose} in ${window}; at 1 it lasts exactly thirty days.`,
      labels: share.labels,
      expression: (settings) => burn.rate(share, settings)
    }
  }
}

/** All of them; each uses only those before it. */
export const budgetRecordings = <L extends string>(budget: Readonly<Record<Window, Budget<L>>>) =>
  Object.values<Budget<L>>(budget).flatMap(({ bad, burn, good, share }): ReadonlyArray<Recording> => [
    good,
    bad,
    share,
    burn
  ])
