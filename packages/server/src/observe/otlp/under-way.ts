/** Exports that have begun and not ended, and how they are waited for and ended. */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { ExportReport } from "../collect/destination.ts"
import { afterReading } from "./in-flight.ts"
import type { Sender } from "./sender.ts"

/** An export, and what it is sent with. */
export interface UnderWay {
  readonly fiber: Fiber.RuntimeFiber<ExportReport>
  readonly sender: Sender
  /** Whether the layer that makes it has ended. */
  readonly isLeft: Effect.Effect<boolean>
}

/** Keeps an export among those that are under way until it ends. */
export const track = (underWay: Set<UnderWay>, one: UnderWay): Effect.Effect<void> =>
  Effect.sync(() => {
    underWay.add(one)
    one.fiber.addObserver(() => underWay.delete(one))
  })

/** Waits for something to end, but not for long: in real time, and where nothing can be interrupted. */
export const settled = (fiber: Fiber.RuntimeFiber<unknown>, ms: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const timer = afterReading(ms, () => resume(Effect.void))
    fiber.addObserver(() => {
      clearTimeout(timer)
      resume(Effect.void)
    })
  })

/** Ends exports, those between two requests too. Their senders go on: they may be those of another layer. */
export const giveUpAll = (exports: Iterable<UnderWay>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const left = new Set(exports)
    left.forEach((one) => one.fiber.addObserver(() => left.delete(one)))
    for (let time = 0; time < 5 && left.size > 0; time++) {
      yield* Effect.forEach(left, ({ sender }) => sender.giveUp("telemetry is ending"), { discard: true })
      yield* Effect.forEach(left, ({ fiber }) => settled(fiber, 50), { concurrency: "unbounded", discard: true })
    }
  })
