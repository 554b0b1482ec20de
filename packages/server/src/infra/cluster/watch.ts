/** Watching an effect whose watcher is at hand: as the core's `watch`, with nothing to look up in the fiber's context. */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type { Meter } from "../../observe/instrument/meter.ts"
import { ofCause, type Outcome, success } from "../../observe/catalogue/outcome.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { Ambient } from "./bind.ts"

/** A kind of watching: where it happens, whose meter counts its defects, and what it records of each effect. */
export interface Watcher {
  readonly site: string
  readonly meter: Meter
  /** Told once of each effect, with the labels of `Effect.tagMetrics` that it began under. */
  readonly ended: (outcome: Outcome, seconds: number, ambient: Ambient) => void
}

/** One effect under a watcher, from its beginning on a fiber, or on none. Nothing in it throws. */
export class Watch<A = never, E = never> {
  /** What is done when the effect fails: recorded, and passed on. */
  readonly onFailure = (cause: Cause.Cause<E>): Effect.Effect<never, E> => {
    this.end(ofCause(cause))
    return Effect.failCause(cause)
  }
  /** What is done when it succeeds. */
  readonly onSuccess = (value: A): Effect.Effect<A> => {
    const { meter, site } = this.watcher
    meter.guard(site, () => {
      this.watcher.ended(success, this.seconds(), this.ambient)
      this.seen?.(value)
    })
    return Effect.succeed(value)
  }
  private readonly watcher: Watcher
  private readonly seen: ((value: A) => void) | undefined
  private readonly clock: Clock.Clock
  private readonly ambient: Ambient
  private readonly startNanos: bigint

  /** `seen` is shown the value of a success. */
  constructor(watcher: Watcher, fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined, seen?: (value: A) => void) {
    this.watcher = watcher
    this.seen = seen
    this.clock = Context.unsafeGet(fiber?.currentDefaultServices ?? DefaultServices.liveServices, Clock.Clock)
    this.ambient = fiber?.getFiberRef(FiberRef.currentMetricLabels) ?? []
    this.startNanos = this.clock.unsafeCurrentTimeNanos()
  }

  /** It has ended. */
  end(outcome: Outcome): void {
    const { meter, site } = this.watcher
    meter.guard(site, () => this.watcher.ended(outcome, this.seconds(), this.ambient))
  }

  private seconds(): number {
    return Math.max(0, Number(this.clock.unsafeCurrentTimeNanos() - this.startNanos) / 1e9)
  }
}

/** The effect as it is, with exactly one outcome told to the watcher, and the value of a success to `seen`. */
export const watchWith = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  watcher: Watcher,
  seen?: (value: A) => void
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber, { runtimeFlags }) => {
    const watch = new Watch<A, E>(watcher, fiber, seen)
    // Nothing was recorded yet, so that an interruption that comes before the effect begins leaves nothing open.
    return RuntimeFlags.interruptible(runtimeFlags)
      ? Effect.uninterruptible(Effect.matchCauseEffect(Effect.interruptible(effect), watch))
      : Effect.matchCauseEffect(effect, watch)
  })

/** The fiber that runs now. */
export const currentFiber = (): Fiber.RuntimeFiber<unknown, unknown> | undefined =>
  Option.getOrUndefined(Fiber.getCurrentFiber())

/** A watcher that records the seconds in the series of the outcome. */
export const timer = (meter: Meter, site: string, series: (outcome: Outcome) => Series): Watcher => ({
  site,
  meter,
  ended: (outcome, seconds) => series(outcome).record(seconds)
})
