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

/** What is frozen of one stream. A series is in one interval at most, as later ones of it wait. */
export interface Frozen {
  /** Earlier ones first. */
  readonly get: () => ReadonlyArray<Interval>
  readonly add: (interval: Interval) => void
  /** These have been taken after all, or refused for good. */
  readonly remove: (points: ReadonlyArray<Point>) => void
}

export const makeFrozen = (): Frozen => {
  let frozen: ReadonlyArray<Interval> = []
  return {
    get: () => frozen,
    add: (interval) => {
      const { endTime } = interval
      const known = frozen.find((one) => one.endTime === endTime)
      const points = Array.from(new Set([...(known?.points ?? []), ...interval.points]))
      frozen =
        known === undefined
          ? [...frozen, { endTime, points }]
          : frozen.map((one) => (one === known ? { endTime, points } : one))
    },
    remove: (points) => {
      if (frozen.length > 0) {
        const gone = new Set(points)
        frozen = frozen
          .map((one) => ({ ...one, points: one.points.filter((point) => !gone.has(point)) }))
          .filter((one) => one.points.length > 0)
      }
    }
  }
}
