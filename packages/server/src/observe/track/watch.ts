/**
 * The one way in which the library watches an effect: begin, run it as it is, end once. What is watched keeps its value,
 * cause, interruption and fiber refs; a defect in the watching is counted and swallowed.
 */
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import { attempted } from "../catalogue/attempt.ts"
import { failedOutcome, type FailedOutcome, type Outcome, success } from "../catalogue/outcome.ts"
import { ambientOf, type AnyFiber, clockOf, currentFiber, serviceOf } from "../instrument/fiber.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { type Moment, spanOf } from "../instrument/moment.ts"
import { processClock } from "../instrument/sound-clock.ts"
import type { Series } from "../instrument/series.ts"
import { ofCause } from "./outcome-of.ts"

/**
 * What is known of a watch from its beginning on, with the span that it began in. Nothing in it throws: what a clock that
 * does would say is NaN.
 */
export interface Start extends Moment {
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
export interface Tracker<Options, E extends Ending = Ending> extends Site {
  readonly begin: (options: Options, start: Start) => E
}

/** One effect under watch, from its beginning on a fiber, or on none. Nothing in it throws. */
export class Watch implements Start {
  clock: Clock.Clock = processClock
  ambient: Ambient = none
  span: Tracer.AnySpan | undefined = undefined
  startNanos = 0n
  readonly at: Site
  /** Told of the end; there is none where the beginning failed. */
  ending: Ending | undefined

  constructor(at: Watcher | Site, fiber: AnyFiber | undefined) {
    this.at = at
    this.ending = "ended" in at ? at : undefined
    start(this, fiber)
  }

  /** Tells a tracker of the beginning, and from now on what it answers of the end; nothing where the tracker failed. */
  begin<Options, E extends Ending>(tracker: Tracker<Options, E>, options: Options): E | undefined {
    const ending = tracker.meter.guard(tracker.site, () => tracker.begin(options, this))
    this.ending = ending
    return ending
  }

  /** It has ended, in one of the four outcomes. Either this or `endUncounted` is to be called, once. */
  end(outcome: Outcome): void {
    end(this, outcome)
  }

  /** It goes on elsewhere. */
  endUncounted(): void {
    const { at, ending } = this
    at.meter.guard(at.site, () => ending?.notCounted?.(this.elapsed(), this))
  }

  /** Never negative: a clock counts up, but a test may set it back. */
  elapsed(): number {
    return elapsed(this, undefined)
  }

  nowMillis(): number {
    return nowMillis(this, undefined)
  }
}

const none: Ambient = []

// These are made once, so that a call makes no closure to be guarded.
const start = attempted(
  (watch: Watch, fiber: AnyFiber | undefined): void => {
    watch.ambient = ambientOf(fiber)
    watch.clock = clockOf(fiber)
    watch.span = spanOf(fiber)
    watch.startNanos = watch.clock.unsafeCurrentTimeNanos()
  },
  (watch, thrown): void => {
    watch.clock = processClock
    watch.startNanos = processClock.unsafeCurrentTimeNanos()
    watch.at.meter.swallow(watch.at.site, thrown)
  }
)

const noNumber = ({ at }: Watch, thrown: unknown): number => {
  at.meter.swallow(at.site, thrown)
  return Number.NaN
}

const elapsed = attempted(
  ({ clock, startNanos }: Watch, _: undefined): number =>
    Math.max(0, Number(clock.unsafeCurrentTimeNanos() - startNanos) / 1e9),
  noNumber
)

const nowMillis = attempted(({ clock }: Watch, _: undefined): number => clock.unsafeCurrentTimeMillis(), noNumber)

const end = attempted(
  (watch: Watch, outcome: Outcome): void => watch.ending?.ended(outcome, watch.elapsed(), watch),
  ({ at }, thrown): void => at.meter.swallow(at.site, thrown)
)

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
  Effect.uninterruptibleMask((restore) => {
    const fiber = currentFiber()
    if (fiber === undefined) {
      return restore(effect)
    }
    const tracker = trackerOf(serviceOf(fiber.currentContext, tag))
    const watching = new Watch(tracker, fiber)
    watching.begin(tracker, options)
    return untilEnd(restore(effect), watching)
  })

/** Runs an effect under a watcher that is at hand; `seen` is shown the value of a success. */
export const watchWith = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  watcher: Watcher,
  seen?: (value: A) => void
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = currentFiber()
    return fiber === undefined ? restore(effect) : untilEnd(restore(effect), new Watch(watcher, fiber), seen)
  })

/** Runs an effect under a tracker that is at hand. */
export const trackWith = <A, E, R, Options>(
  effect: Effect.Effect<A, E, R>,
  tracker: Tracker<Options>,
  options: Options
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = currentFiber()
    if (fiber === undefined) {
      return restore(effect)
    }
    const watching = new Watch(tracker, fiber)
    watching.begin(tracker, options)
    return untilEnd(restore(effect), watching)
  })

// Beginning and end run where interruption can't come between them and the effect, so that whatever goes up comes down;
// the effect itself stays as interruptible as it was.
const untilEnd = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  watching: Watch,
  seen?: (value: A) => void
): Effect.Effect<A, E, R> =>
  Effect.matchCauseEffect(effect, {
    onFailure: (cause) => {
      end(watching, ofCause(cause))
      return Effect.failCause(cause)
    },
    onSuccess: (value) => {
      end(watching, success)
      if (seen !== undefined) {
        watching.at.meter.guard(watching.at.site, () => seen(value))
      }
      return Effect.succeed(value)
    }
  })

/** A watcher that records the seconds in the series of the outcome; `undefined` is a success. */
export const timer = ({ meter, site }: Site, series: (outcome: FailedOutcome | undefined) => Series): Watcher => ({
  site,
  meter,
  ended: (outcome, seconds, start) => series(failedOutcome(outcome)).record(seconds, start)
})
