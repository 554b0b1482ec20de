/**
 * Deltas of which it can't be known whether they were taken. They are sent again as they were, with the same start, time
 * and value, so that a receiver can tell that it has them; everything later waits behind them.
 */
import type { HrTime, Point } from "../collect/points/point.ts"

/** Points of one collection. */
export interface Interval {
  readonly endTime: HrTime
  readonly points: ReadonlyArray<Point>
}

/** What is frozen of one stream: of one collection at most, as none comes after it. */
export interface Frozen {
  readonly get: () => Interval | undefined
  readonly add: (interval: Interval) => void
  /** These have been taken after all, or refused for good. */
  readonly remove: (points: ReadonlyArray<Point>) => void
}

export const makeFrozen = (): Frozen => {
  let frozen: Interval | undefined
  return {
    get: () => frozen,
    add: ({ endTime, points }) => {
      frozen = { endTime, points: Array.from(new Set([...(frozen?.points ?? []), ...points])) }
    },
    remove: (points) => {
      if (frozen !== undefined) {
        const gone = new Set(points)
        const left = frozen.points.filter((point) => !gone.has(point))
        frozen = left.length === 0 ? undefined : { ...frozen, points: left }
      }
    }
  }
}
