/**
 * Metrics of the process: its event loop, garbage collection, heap, processor time, file descriptors, and Effect's fibers.
 * One layer; everything is read when somebody collects, and nothing runs in between but Node's own monitors.
 *
 * [Metrics of the process](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/runtime.md)
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { OptionsError } from "./instrument/options-error.ts"
import { MetricsService } from "./metrics.ts"
import { observeEventLoop } from "./runtime/event-loop.ts"
import { observeFibers } from "./runtime/fibers.ts"
import { observeGarbageCollection } from "./runtime/garbage-collection.ts"
import { observeHeap } from "./runtime/heap.ts"
import { held } from "./instrument/held.ts"
import { type RuntimeOptions, soundOptions } from "./runtime/options.ts"
import { observeProcess } from "./runtime/process.ts"

export { OptionsError } from "./instrument/options-error.ts"
export type { EventLoopOptions, RuntimeOptions } from "./runtime/options.ts"

/**
 * Records the metrics of `metrics.runtime` until the scope closes; then the gauges are absent, and the counters keep their
 * last values. A second layer over the same registry records nothing twice, and the options of the first hold; layers over
 * several registries share the monitors of the process. Fails with an {@link OptionsError} when an option is not sound.
 */
const layer = (options: RuntimeOptions = {}): Layer.Layer<never, OptionsError, MetricsService> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const { eventLoop, fibers, garbageCollection, heap, process } = yield* soundOptions(options)
      const { meter, runtime } = yield* MetricsService
      const parts: Readonly<Record<string, Effect.Effect<void, never, Scope.Scope> | undefined>> = {
        eventLoop: eventLoop === undefined ? undefined : observeEventLoop({ meter, runtime }, eventLoop),
        garbageCollection: garbageCollection ? observeGarbageCollection({ meter, runtime }) : undefined,
        heap: heap ? observeHeap({ meter, runtime }) : undefined,
        process: process ? observeProcess({ meter, runtime }) : undefined,
        fibers: fibers ? observeFibers({ meter, runtime }) : undefined
      }
      for (const [part, observe] of Object.entries(parts)) {
        if (observe !== undefined) {
          yield* held(meter, part, observe)
        }
      }
    })
  )

/** The metrics of the process. */
export const RuntimeMetrics = { layer } as const
