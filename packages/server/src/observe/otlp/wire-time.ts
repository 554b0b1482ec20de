/**
 * The time that points are of. It is the wall's, as those who read it sit at other clocks and Effect's nanoseconds know
 * nothing of a clock that was set, or of a machine that was asleep. It never goes back, and comes after every start.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The time of a request, given when the last of its series began, in nanoseconds of the epoch. */
export type TimeAfter = (latestStartNanos: bigint) => bigint

/** The times of one stream. While the wall is behind what was said before, they creep on. */
export const makeWireTime = (): Effect.Effect<TimeAfter> => {
  let last = 0n
  return Effect.map(Clock.currentTimeMillis, (wallMs) => (latestStartNanos) => {
    const wall = BigInt(Math.floor(wallMs)) * 1_000_000n
    last = [last + 1n, latestStartNanos + 1n].reduce((latest, one) => (one > latest ? one : latest), wall)
    return last
  })
}
