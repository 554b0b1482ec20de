/** When and in which span something is recorded: exemplars show both. */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Tracer from "effect/Tracer"
import { attempted } from "../catalogue/attempt.ts"
import type { AnyFiber } from "./fiber.ts"
import { nowMillisOf } from "./sound-clock.ts"

/** Whoever records a value later than it came about, or on another fiber, says where that was. */
export interface Moment {
  readonly span: Tracer.AnySpan | undefined
  /** In milliseconds of the epoch. */
  readonly nowMillis: () => number
}

/** Now by this clock, and in no span: of what is recorded for others. */
export const unspanned = (clock: Clock.Clock): Moment => ({ span: undefined, nowMillis: () => nowMillisOf(clock) })

/** Whether a program has installed this tracer: the spans of Effect's own go nowhere. */
export const isInstalled = (tracer: Tracer.Tracer): boolean => tracer !== effectsOwn

const effectsOwn = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

/** The span of a fiber, unless it is one that goes nowhere, or throws. */
export const spanOf = (fiber: AnyFiber | undefined): Tracer.AnySpan | undefined => {
  const span = fiber?.currentSpan
  return span === undefined || fiber === undefined || isInstalled(fiber.currentTracer)
    ? span
    : external(span, undefined)
}

const external = attempted(
  (span: Tracer.AnySpan, _: undefined): Tracer.AnySpan | undefined => (span._tag === "Span" ? undefined : span),
  () => undefined
)
