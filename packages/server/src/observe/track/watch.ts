/**
 * The one way in which the library watches an effect: begin, run it as it is, end once. What is watched keeps its value,
 * cause, interruption and fiber refs; a defect in the watching is counted and swallowed.
 */
import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { failedOutcome, type FailedOutcome, type Outcome, success } from "../catalogue/outcome.ts"
import { ambientOf, type AnyFiber, clockOf, currentFiber, liveClock } from "../instrument/fiber.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import type { Series } from "../instrument/series.ts"
import { ofCause } from "./outcome-of.ts"

/** What is known of a watch from its beginning on. */
export interface Start {
  readonly clock: Clock.Clock
  readonly ambient: Ambient
  /** The seconds since the beginning, on the fiber's clock. */
  readonly elapsed: () => number
}

/** Told once of the end of each effect that it watches. */
export interface Ending {
  readonly ended: (outcome: Outcome, seconds: number, start: Start) => void
  /** The third end, neither a success nor anything else to be counted: what was watched goes on elsewhere. */
  readonly notCounted?: (seconds: number, start: Start) => void
}

/** Where watching happens, and whose meter counts its defects. */
export interface Site {
  readonly site: string
  readonly meter: Meter
}

/** A kind of watching that has nothing to do as an effect begins. */
export interface Watcher extends Site, Ending {}

/** A kind of watching that is told of the beginning of each effect, with the options of that one. */
export interface Tracker<Options> extends Site {
  readonly begin: (options: Options, start: Start) => Ending
}

/** One effect under watch, from its beginning on a fiber, or on none. Nothing in it throws. */
export class Watch<A = never, E = never> implements Start {
  readonly clock: Clock.Clock
  readonly ambient: Ambient
  /** What is done when the effect fails: recorded, and passed on. */
  readonly onFailure = (cause: Cause.Cause<E>): Effect.Effect<never, E> => {
    this.end(ofCause(cause))
    return Effect.failCause(cause)
  }
  /** What is done when it succeeds. */
  readonly onSuccess = (value: A): Effect.Effect<A> => {
    const { seen } = this
    this.end(success)
    if (seen !== undefined) {
      this.at.meter.guard(this.at.site, () => seen(value))
    }
    return Effect.succeed(value)
  }
  private readonly at: Site
  private readonly seen: ((value: A) => void) | undefined
  private readonly startNanos: bigint | undefined
  private readonly startMs: number
  private ending: Ending | undefined

  /** `seen` is shown the value of a success. */
  constructor(at: Watcher | Site, fiber: AnyFiber | undefined, seen?: (value: A) => void) {
    this.at = at
    this.seen = seen
    this.ending = "ended" in at ? at : undefined
    this.clock = clockOf(fiber)
    this.ambient = ambientOf(fiber)
    // Effect's live clock counts in bigints, which cost more than all that is recorded of a call.
    const isLive = this.clock === liveClock
    this.startNanos = isLive ? undefined : this.clock.unsafeCurrentTimeNanos()
    this.startMs = isLive ? performance.now() : 0
  }

  /** Tells a tracker of the beginning; it is told of the end as well. */
  begin<Options>(tracker: Tracker<Options>, options: Options): this {
    this.ending = tracker.meter.guard(tracker.site, () => tracker.begin(options, this))
    return this
  }

  /** It has ended, in one of the four outcomes. Either this or `endUncounted` is to be called, once. */
  end(outcome: Outcome): void {
    const { at, ending } = this
    if (ending !== undefined) {
      at.meter.guard(at.site, () => ending.ended(outcome, this.elapsed(), this))
    }
  }

  /** It goes on elsewhere. */
  endUncounted(): void {
    const { at, ending } = this
    at.meter.guard(at.site, () => ending?.notCounted?.(this.elapsed(), this))
  }

  /** Never negative: a clock counts up, but a test may set it back. */
  elapsed(): number {
    const seconds =
      this.startNanos === undefined
        ? (performance.now() - this.startMs) / 1e3
        : Number(this.clock.unsafeCurrentTimeNanos() - this.startNanos) / 1e9
    return seconds > 0 ? seconds : 0
  }
}

/** Where the tracker of a fiber is found. */
export interface TrackedBy<R, S, Options> {
  readonly tag: Context.Tag<R, S>
  readonly trackerOf: (service: S) => Tracker<Options>
}

/** Runs an effect under the tracker that is found in the fiber's context. */
export const watch = <A, E, R, R2, S, Options>(
  effect: Effect.Effect<A, E, R>,
  { tag, trackerOf }: TrackedBy<R2, S, Options>,
  options: Options
): Effect.Effect<A, E, R | R2> =>
  underWatch(effect, (fiber) => {
    const tracker = trackerOf(Context.unsafeGet(fiber.currentContext, tag))
    return new Watch<A, E>(tracker, fiber).begin(tracker, options)
  })

/** Runs an effect under a watcher that is at hand; `seen` is shown the value of a success. */
export const watchWith = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  watcher: Watcher,
  seen?: (value: A) => void
): Effect.Effect<A, E, R> => underWatch(effect, (fiber) => new Watch<A, E>(watcher, fiber, seen))

// Beginning and end run where interruption can't come between them and the effect, so that whatever goes up comes down;
// the effect itself stays as interruptible as it was.
const underWatch = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  begin: (fiber: AnyFiber) => Watch<A, E>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = currentFiber()
    return fiber === undefined ? restore(effect) : Effect.matchCauseEffect(restore(effect), begin(fiber))
  })

/** A watcher that records the seconds in the series of the outcome; `undefined` is a success. */
export const timer = ({ meter, site }: Site, series: (outcome: FailedOutcome | undefined) => Series): Watcher => ({
  site,
  meter,
  ended: (outcome, seconds) => series(failedOutcome(outcome)).record(seconds)
})
