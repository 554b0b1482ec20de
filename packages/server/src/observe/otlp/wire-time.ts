/**
 * The time that points are of. It is the wall's, as those who read it sit at other clocks and Effect's nanoseconds know
 * nothing of a clock that was set, or of a machine that was asleep. All points of a collection have one.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/**
 * The times of one stream, in nanoseconds of the epoch, one for each collection. A wall that is set back a little is
 * waited for: time creeps on. One that is set back further was wrong before, and is followed.
 */
export const makeWireTime = (): Effect.Effect<bigint> => {
  let last = 0n
  return Effect.map(Clock.currentTimeMillis, (wallMs) => {
    const wall = BigInt(Math.floor(wallMs)) * 1_000_000n
    last = wall > last || last - wall > longestCreep ? wall : last + step
    return last
  })
}

/** Receivers that count in milliseconds would take two nanoseconds for one time, and refuse another value at it. */
const step = 1_000_000n

const longestCreep = 60_000_000_000n
