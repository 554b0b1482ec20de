/**
 * How many points to put into the next request: as many as are encoded in a moment, as a request is encoded in one go and
 * holds up the event loop meanwhile, and as are no larger than is allowed. A cold process and a busy machine take smaller
 * requests.
 */
import type { Encoded } from "./encoding.ts"
import type { SizeLimit } from "./size-limit.ts"

export interface Pace {
  readonly points: () => number
  /** Told how long the encoding of a request took, and how large it is. */
  readonly encoded: (points: number, encoded: Pick<Encoded, "byteLength" | "encodeMs">) => void
}

/** The encoding of a request should take no longer than this; the promise is 50 ms, and garbage is collected as well. */
const targetMs = 15

const leastPoints = 250

/** Starts small, and never goes above `maxPoints`. */
export const makePace = (maxPoints: number, size: Pick<SizeLimit, "bytes">): Pace => {
  let points = Math.min(maxPoints, 1_000)
  let pointBytes = 0
  return {
    // A little less than fits: points differ, and what is too large is encoded twice more.
    points: () => Math.min(points, Math.max(1, Math.floor((0.9 * size.bytes()) / Math.max(pointBytes, 1)))),
    encoded: (count, { byteLength, encodeMs: ms }) => {
      pointBytes = byteLength / Math.max(count, 1)
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
