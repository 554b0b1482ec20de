/** What a receiver refuses, by series and metric: left out for an hour, so that it holds nothing else back. */
import type { ExportMetric, ExportSeries, Point } from "../collect/points/point.ts"

/** A series with other labels, or a metric that is defined anew, is another one. */
export interface LeftOut {
  /** Whether it is left out now, given the time in milliseconds. */
  readonly has: (point: Point, nowMs: number) => boolean
  readonly add: (what: ExportSeries | ExportMetric, nowMs: number) => void
}

const hourMs = 3_600_000

export const makeLeftOut = (): LeftOut => {
  const untilMs = new WeakMap<ExportSeries | ExportMetric, number>()
  let latestMs = Number.NEGATIVE_INFINITY
  // An hour at most, also where the clock was ahead when it began.
  const isBefore = (end: number, nowMs: number): boolean => nowMs < end && end - nowMs <= hourMs
  return {
    // Nearly always nothing is left out, and then nothing is looked up.
    has: ({ metric, series }, nowMs) =>
      nowMs < latestMs && [metric, series].some((one) => isBefore(untilMs.get(one) ?? Number.NEGATIVE_INFINITY, nowMs)),
    add: (what, nowMs) => {
      latestMs = nowMs + hourMs
      untilMs.set(what, latestMs)
    }
  }
}
