/**
 * Calls of methods that no watched group has. Those that the server has in another group it does not refuse; only what it
 * refuses is of an unknown method.
 */
import * as Effect from "effect/Effect"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { type AnyFiber, currentFiber } from "../../observe/instrument/fiber.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { ofExit } from "../../observe/track/outcome-of.ts"
import { Watch } from "../../observe/track/watch.ts"
import { CallTracker } from "./call-tracker.ts"

/** The calls that one server refuses. */
export class Refusals {
  /** The server answers with a defect, on this fiber: a call that it reads there is refused. */
  readonly refuse: Effect.Effect<void> = Effect.sync(() => {
    const fiber = currentFiber()
    if (fiber !== undefined && this.reading.has(fiber)) {
      this.reading.set(fiber, "refused")
    }
  })
  private readonly reading = new WeakMap<AnyFiber, "open" | "refused">()
  private readonly metrics: MetricsService
  private other: CallTracker | undefined = undefined

  constructor(metrics: MetricsService) {
    this.metrics = metrics
  }

  /** Reads a call, and counts it if the server refuses it. */
  read(received: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.withFiberRuntime((fiber) => {
      const { meter } = this.metrics
      const watch = new Watch({ site, meter }, fiber)
      this.reading.set(fiber, "open")
      return Effect.onExit(received, (exit) =>
        Effect.sync(() => {
          const isRefused = this.reading.get(fiber) === "refused"
          this.reading.delete(fiber)
          if (isRefused) {
            watch.ending = meter.guard(site, () => this.tracker.withoutHandler())
            watch.end(exit._tag === "Success" ? isUnknown : ofExit(exit))
          }
        })
      )
    })
  }

  private get tracker(): CallTracker {
    const { meter, rpc } = this.metrics
    this.other ??= new CallTracker(
      meter,
      { active: rpc.serverCallsActive, duration: rpc.serverCallDuration },
      unknownMethod
    )
    return this.other
  }
}

const site = "rpc"

/** As OpenTelemetry's convention has it: no name that a client makes up becomes a label. */
const unknownMethod = "_OTHER"

const isUnknown: Outcome = { _tag: "failure", error: { _tag: "UnknownMethod" } }
