/** By how much a series went up since the last tick, and in which time of its own points. */
import type { Series } from "../receiver/model.ts"
import type { KnownSeries } from "./inventory.ts"
import { millisOf } from "./time.ts"

/** From what a series is counted: a state of it, or nothing at all. */
export interface Base {
  /** Absent where it was nothing. */
  readonly series?: Series
  readonly time: number
}

/** A process that began longer ago than this has counted things that are not of now. */
const youngMs = 120_000

/**
 * What the newest point of a series is compared with. A series that is new began at nothing: since the points before of
 * its process, or since its start where the process is new too and young. Of an old process that was not heard of
 * before, the first point only says where its series stand: `undefined`.
 */
export const baseOf = ({ current, process, seen, seenTime, time }: KnownSeries): Base | undefined => {
  if (seen !== undefined) {
    return { series: seen, time: seenTime }
  }
  const { previousPointTime } = process
  if (previousPointTime !== undefined && previousPointTime < time) {
    return { time: previousPointTime }
  }
  const start = millisOf(current.startTimeUnixNano)
  return start > 0 && start < time && time - start <= youngMs ? { time: start } : undefined
}

/** What a series came to in the time of its own points. */
export interface Step {
  /** What it is compared with; absent where that is nothing. */
  readonly before: Series | undefined
  readonly intervalMs: number
}

/** The step of a series to its newest point; none where a point of the same time says nothing of it. */
export const stepOf = (one: KnownSeries): Step | undefined => {
  const base = baseOf(one)
  const intervalMs = base === undefined ? 0 : one.time - base.time
  return intervalMs > 0 ? { before: base?.series, intervalMs } : undefined
}

/** How much a counter or the count of a distribution has gone up; after one that started over, all that it has. */
export const increaseOf = (before: number, after: number): number => (after < before ? after : after - before)

/**
 * How long a series is taken as going on after its points came `intervalMs` apart: some may be late or lost. After five
 * minutes it no longer is, as an interval of an hour is that of a machine that slept.
 */
export const patienceMs = (intervalMs: number | undefined): number =>
  Math.min(300_000, Math.max(5_000, 2.5 * (intervalMs ?? 60_000)))

/** From when to when a number is taken as that of now. The server's clock may be set back to before both. */
export interface Validity {
  readonly from: number
  readonly until: number
}

export const notYet: Validity = { from: 0, until: 0 }

export const validFrom = (now: number, intervalMs: number | undefined): Validity => ({
  from: now,
  until: now + patienceMs(intervalMs)
})

export const isValid = ({ from, until }: Validity, now: number): boolean => from <= now && now <= until
