/** The pairs of windows in which every error budget is watched. */
import type { Range } from "../promql/select.ts"
import type { Window } from "../rules/budget.ts"
import type { Severity } from "../settings.ts"

/** A pair of windows: the long one shows that it matters, the short one that it is still going on. */
export interface Burn {
  readonly long: Window
  readonly short: Window
  readonly factor: number
  readonly severity: Severity
  readonly for: Range
  /** How long the budget lasts at this rate. */
  readonly lasts: string
}

/** From the fastest use of a budget to the slowest. */
export const burns: ReadonlyArray<Burn> = [
  { long: "1h", short: "5m", factor: 14.4, severity: "critical", for: "6m", lasts: "two days" },
  { long: "6h", short: "30m", factor: 6, severity: "critical", for: "15m", lasts: "five days" },
  { long: "1d", short: "2h", factor: 3, severity: "warning", for: "1h", lasts: "ten days" },
  { long: "3d", short: "6h", factor: 1, severity: "warning", for: "3h", lasts: "thirty days" }
]
