/**
 * An operation on a job that is begun and ended by hand, by whoever knows better than an exit how it ends. It may be
 * counted later than it stopped: it is timed to when it stopped. Nothing in it throws.
 */
import type * as Clock from "effect/Clock"
import type * as Tracer from "effect/Tracer"
import { attempted } from "../catalogue/attempt.ts"
import type { Outcome } from "../catalogue/outcome.ts"
import type { Ambient } from "../instrument/label.ts"
import { ambientOf, clockOf, currentFiber } from "../instrument/fiber.ts"
import { spanOf } from "../instrument/moment.ts"
import { nowMillisOf, nowNanosOf } from "../instrument/sound-clock.ts"
import { elapsedSeconds, type JobEnd, type JobSeries, type JobStart } from "./job-series.ts"
import type { Run } from "./runs.ts"
import type { Site } from "./watch.ts"

/** What tracks the jobs. */
export interface Tracking extends Site {
  readonly seriesOf: (options: JobStart, ambient: Ambient) => JobSeries
  /** The same series, bound again where they were removed meanwhile. */
  readonly current: (series: JobSeries) => JobSeries
}

/** Where an operation is watched that runs on no fiber that is known. */
export interface Surroundings {
  readonly clock: Clock.Clock
  readonly ambient: Ambient
  readonly span: Tracer.AnySpan | undefined
}

/** Those of the fiber that runs now. */
export const surroundings = (): Surroundings => {
  const fiber = currentFiber()
  return { clock: clockOf(fiber), ambient: ambientOf(fiber), span: spanOf(fiber) }
}

/** Milliseconds of the epoch by the nanoseconds of a clock, which nobody sets. */
export const millisOf = (clock: Clock.Clock): number => Number(nowNanosOf(clock)) / 1e6

/**
 * A watch to be stopped and counted once. Its times are those of `millisOf`, and so must be those that it is given. Of
 * an interruption it is counted elsewhere. One object and no other, as there is one for each job.
 */
export class JobWatch implements Run, JobEnd {
  before: Run | undefined = undefined
  after: Run | undefined = undefined
  isFinal = false
  attempts: number | undefined = undefined
  enqueuedAt: number | undefined = undefined
  /** The span that it is in, which may begin after it. */
  span: Tracer.AnySpan | undefined
  protected readonly tracking: Tracking
  protected readonly around: Surroundings
  private readonly startMs: number
  private stopMs: number | undefined = undefined
  /** There are none where the beginning failed. */
  private series: JobSeries | undefined = undefined

  constructor(tracking: Tracking, around: Surroundings, startMs = millisOf(around.clock)) {
    this.tracking = tracking
    this.around = around
    this.span = around.span
    this.startMs = startMs
  }

  /** It begins. */
  begin(start: JobStart): this {
    JobWatch.begins(this, start)
    return this
  }

  /** It has stopped, and waits to be counted. */
  stop(stopMs = millisOf(this.around.clock)): void {
    if (this.stopMs === undefined) {
      this.stopMs = Math.max(this.startMs, stopMs)
      JobWatch.stops(this, undefined)
    }
  }

  /** It is counted. `attempts` is given where the job has come to its final outcome. */
  count(outcome: Outcome, isFinal: boolean, attempts?: number): void {
    this.stop()
    this.isFinal = isFinal
    this.attempts = attempts
    JobWatch.ends(this, outcome)
  }

  /** It goes on elsewhere. */
  endUncounted(): void {
    this.count({ _tag: "interrupted" }, false)
  }

  get seconds(): number {
    return this.elapsed()
  }

  elapsed(): number {
    return Math.max(0, (this.stopMs ?? millisOf(this.around.clock)) - this.startMs) / 1000
  }

  /** To when it stopped, and before that to when it began. */
  secondsSince(epochMs: number): number {
    return elapsedSeconds(epochMs, this.lastMs)
  }

  /** When that was by the wall, which may have been set since the clock began, or gone on while the machine slept. */
  nowMillis(): number {
    const { clock } = this.around
    return nowMillisOf(clock) - (millisOf(clock) - this.lastMs)
  }

  private get lastMs(): number {
    return this.stopMs ?? this.startMs
  }

  protected static swallow({ tracking: { meter, site } }: JobWatch, thrown: unknown): void {
    meter.swallow(site, thrown)
  }

  // These are made once, so that a call makes no closure to be guarded.
  private static readonly begins = attempted((watch: JobWatch, start: JobStart): void => {
    watch.enqueuedAt = start.enqueuedAt
    watch.series = watch.tracking.seriesOf(start, watch.around.ambient)
    watch.series.begin(start, watch)
  }, JobWatch.swallow)

  private static readonly stops = attempted((watch: JobWatch, _: undefined): void => {
    watch.series?.leave(watch)
  }, JobWatch.swallow)

  private static readonly ends = attempted((watch: JobWatch, outcome: Outcome): void => {
    if (watch.series === undefined) {
      return
    }
    const series = watch.tracking.current(watch.series)
    if (outcome._tag === "interrupted") {
      series.notCounted(watch.seconds, watch)
    } else {
      series.end(outcome, watch)
    }
  }, JobWatch.swallow)
}
