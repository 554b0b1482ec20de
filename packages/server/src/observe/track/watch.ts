/**
 * The one way in which the combinators watch an effect: begin, run it as it is, end with exactly one outcome. What is
 * watched keeps its value, cause, interruption and fiber refs; a defect in the watching is counted and swallowed.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type { Meter } from "../instrument/meter.ts"
import { type Outcome, ofCause, success } from "../catalogue/outcome.ts"

/** What a watch knows when it begins. */
export interface Begin {
  readonly clock: Clock.Clock
  readonly startNanos: bigint
  /** The labels of `Effect.tagMetrics`, outermost first. */
  readonly ambient: ReadonlyArray<MetricLabel.MetricLabel>
}

/** What to do when the watched effect has ended. */
export type End = (outcome: Outcome, seconds: number) => void

/** A kind of watching that is told of each effect what is known of it: nothing is made for a call but its end. */
export interface Tracker<Options> {
  readonly site: string
  readonly meter: Meter
  readonly track: (options: Options, begin: Begin) => End
}

/** Where the tracker of a fiber is found. */
export interface TrackedBy<R, S, Options> {
  readonly tag: Context.Tag<R, S>
  readonly trackerOf: (service: S) => Tracker<Options>
}

/**
 * Runs an effect under a tracker, which is looked up in the fiber's context. Beginning and end run where interruption
 * can't come between them and the effect, so that whatever goes up comes down; the effect itself stays as interruptible
 * as it was.
 */
export const watch = <A, E, R, R2, S, Options>(
  effect: Effect.Effect<A, E, R>,
  { tag, trackerOf }: TrackedBy<R2, S, Options>,
  options: Options
): Effect.Effect<A, E, R | R2> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = Fiber.getCurrentFiber()
    if (Option.isNone(fiber)) {
      return restore(effect)
    }
    const { currentContext, currentDefaultServices } = fiber.value
    const tracker = trackerOf(Context.unsafeGet(currentContext, tag))
    const clock = Context.unsafeGet(currentDefaultServices, Clock.Clock)
    const startNanos = clock.unsafeCurrentTimeNanos()
    const ambient = fiber.value.getFiberRef(FiberRef.currentMetricLabels)
    const end = tracker.meter.guard(tracker.site, () => tracker.track(options, { clock, startNanos, ambient }))
    return Effect.matchCauseEffect(
      restore(effect),
      exits(
        (cause) => {
          finish(tracker, end, { clock, startNanos, outcome: ofCause(cause) })
          return Effect.failCause(cause)
        },
        (value) => {
          finish(tracker, end, { clock, startNanos, outcome: success })
          return Effect.succeed(value)
        }
      )
    )
  })

// A loader that keeps the names of functions (tsx, esbuild with keepNames) wraps each function that has one in a call,
// at every call of what surrounds it. Arguments have no names.
const exits = <A, E>(
  onFailure: (cause: Cause.Cause<E>) => Effect.Effect<never, E>,
  onSuccess: (value: A) => Effect.Effect<A>
) => ({ onFailure, onSuccess })

interface Ended extends Pick<Begin, "clock" | "startNanos"> {
  readonly outcome: Outcome
}

const finish = <O>({ meter, site }: Tracker<O>, end: End | undefined, { clock, outcome, startNanos }: Ended): void => {
  if (end !== undefined) {
    meter.guard(site, () => end(outcome, secondsBetween(startNanos, clock.unsafeCurrentTimeNanos())))
  }
}

/** The ambient labels of the fiber that runs now. */
export const ambientLabels = (): ReadonlyArray<MetricLabel.MetricLabel> =>
  Option.match(Fiber.getCurrentFiber(), {
    onNone: () => [],
    onSome: (fiber) => fiber.getFiberRef(FiberRef.currentMetricLabels)
  })

/** Never negative: a fiber's clock counts up, but a test may set it back. */
const secondsBetween = (startNanos: bigint, endNanos: bigint): number =>
  Math.max(0, Number(endNanos - startNanos) / 1e9)
