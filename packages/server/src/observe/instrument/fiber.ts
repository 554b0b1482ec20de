/** What recording reads of the fiber that runs now, with Effect's live services outside of any fiber. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type { Ambient } from "./label.ts"
import { processClock } from "./sound-clock.ts"

/** A fiber whose types are not known. */
export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** The fiber that runs now. */
export const currentFiber = (): AnyFiber | undefined => Option.getOrUndefined(Fiber.getCurrentFiber())

/** The clock of a fiber, so that a test's clock is honoured; that of the process where it has none. */
export const clockOf = (fiber: AnyFiber | undefined): Clock.Clock => {
  const found: Clock.Clock | undefined = fiber?.currentDefaultServices.unsafeMap.get(Clock.Clock.key)
  return found ?? processClock
}

/**
 * A service of a context. `Context.unsafeGet` looks twice, which is a twentieth of a tracked call, so it is left to
 * throw where there is none.
 */
export const serviceOf = <R, I, S>(context: Context.Context<R>, tag: Context.Tag<I, S>): S => {
  const found: S | undefined = context.unsafeMap.get(tag.key)
  return found === undefined ? Context.unsafeGet(context, tag) : found
}

/** The labels of `Effect.tagMetrics` on a fiber. */
export const ambientOf = (fiber: AnyFiber | undefined): Ambient =>
  fiber?.getFiberRef(FiberRef.currentMetricLabels) ?? none

const none: Ambient = []

/** Runs with the references of the fiber that runs now, its loggers among them. */
export const runtimeOfFiber = (): Runtime.Runtime<never> => {
  const fiber = currentFiber()
  return fiber === undefined
    ? Runtime.defaultRuntime
    : Runtime.updateFiberRefs(Runtime.defaultRuntime, () => fiber.getFiberRefs())
}
