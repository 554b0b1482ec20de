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
import type { Meter } from "./meter.ts"
import { type Outcome, ofCause, success } from "./outcome.ts"

/** What a watch knows when it begins. */
export interface Begin {
  readonly clock: Clock.Clock
  readonly startNanos: bigint
  /** The labels of `Effect.tagMetrics`, outermost first. */
  readonly ambient: ReadonlyArray<MetricLabel.MetricLabel>
}

/** What to do when the watched effect has ended. */
export type End = (outcome: Outcome, seconds: number) => void

/** A kind of watching: where it happens, whose meter counts its defects, and what it does. */
export interface Watcher {
  readonly site: string
  readonly meter: Meter
  readonly begin: (begin: Begin) => End
}

/**
 * Runs an effect under a watcher, which is looked up in the fiber's context. `begin` and `end` run where interruption
 * can't come between them and the effect, so that whatever goes up comes down; the effect itself stays as interruptible
 * as it was.
 */
export const watch = <A, E, R, R2, S>(
  effect: Effect.Effect<A, E, R>,
  tag: Context.Tag<R2, S>,
  watcherOf: (service: S) => Watcher
): Effect.Effect<A, E, R | R2> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = Fiber.getCurrentFiber()
    return Option.isNone(fiber)
      ? restore(effect)
      : Effect.matchCauseEffect(
          restore(effect),
          new Watch<A, E>(watcherOf(Context.unsafeGet(fiber.value.currentContext, tag)), fiber.value)
        )
  })

/** One watch under way: what its watcher is told at the beginning, and what is done at either end. */
class Watch<A, E> implements Begin {
  readonly clock: Clock.Clock
  readonly startNanos: bigint
  readonly ambient: ReadonlyArray<MetricLabel.MetricLabel>
  readonly onFailure: (cause: Cause.Cause<E>) => Effect.Effect<never, E>
  readonly onSuccess: (value: A) => Effect.Effect<A>
  private readonly watcher: Watcher
  private readonly end: End | undefined

  constructor(watcher: Watcher, fiber: Fiber.RuntimeFiber<unknown, unknown>) {
    this.watcher = watcher
    this.clock = Context.unsafeGet(fiber.currentDefaultServices, Clock.Clock)
    this.startNanos = this.clock.unsafeCurrentTimeNanos()
    this.ambient = fiber.getFiberRef(FiberRef.currentMetricLabels)
    this.end = watcher.meter.guard(watcher.site, () => watcher.begin(this))
    this.onFailure = (cause) => {
      this.finish(ofCause(cause))
      return Effect.failCause(cause)
    }
    this.onSuccess = (value) => {
      this.finish(success)
      return Effect.succeed(value)
    }
  }

  private finish(outcome: Outcome): void {
    const { clock, end, startNanos, watcher } = this
    if (end !== undefined) {
      watcher.meter.guard(watcher.site, () => end(outcome, secondsBetween(startNanos, clock.unsafeCurrentTimeNanos())))
    }
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
