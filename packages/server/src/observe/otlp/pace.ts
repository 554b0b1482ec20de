/**
 * How many points to put into the next request: as many as are encoded in a moment, as the exporter encodes a request in
 * one go and holds up the event loop meanwhile. A cold process and a busy machine take smaller requests.
 */

export interface Pace {
  readonly points: () => number
  /** Told how long the encoding of a request took. */
  readonly encoded: (points: number, ms: number) => void
}

/** The encoding of a request should take no longer than this; the promise is 50 ms, and garbage is collected as well. */
const targetMs = 15

const leastPoints = 250

/** Starts small, and never goes above `maxPoints`. */
export const makePace = (maxPoints: number): Pace => {
  let points = Math.min(maxPoints, 1_000)
  return {
    points: () => points,
    encoded: (count, ms) => {
      const fitting = Math.floor((count * targetMs) / Math.max(ms, 0.1))
      if (ms > targetMs) {
        points = clamp(Math.min(points, fitting), maxPoints)
      } else if (count >= points) {
        // Only a full request says that a larger one would do as well.
        points = clamp(Math.min(fitting, points * 2), maxPoints)
      }
    }
  }
}

const clamp = (points: number, maxPoints: number): number =>
  Math.min(maxPoints, Math.max(points, Math.min(leastPoints, maxPoints)))
