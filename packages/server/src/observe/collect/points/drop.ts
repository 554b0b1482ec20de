/** What collection leaves out, so that one bad metric never costs a good one. */
import type { dropReasons } from "../../catalogue/telemetry.ts"

/**
 * - `non_finite`: NaN or an infinity, or a summary that can't be read because it met one
 * - `conflict`: the name is taken by a metric of another kind, unit or boundaries, or boundaries make no histogram
 * - `negative`: an amount that could only have made a counter or a histogram go back, or that a format has no place for
 * - `rejected`: so many of a request, as the receiver said without naming them, or without a name or a label that can
 *   be written
 * - `refused`: the receiver takes no request with it
 */
export type DropReason = (typeof dropReasons)[number]

/** Points of a metric, or parts of them, that are left out of one collection. */
export interface Drop {
  readonly metric: string
  readonly reason: DropReason
  /** Points left out, or, with a `part`, that go out without it. */
  readonly points: number
  /** What is left out where it is not the points themselves, with its article or number. */
  readonly part?: string
  /** One sentence for the log; left out where it is logged by who counts it. */
  readonly why?: string
}
