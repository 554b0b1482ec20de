/**
 * For tests of code that records metrics: a registry of its own, and whole, readable values to compare. Everything here
 * reads what any exporter would read.
 */
import * as Layer from "effect/Layer"
import * as MetricRegistry from "effect/MetricRegistry"
import { type DefineOptions, MetricsService } from "./metrics.ts"

export { expectConserved, NotConserved } from "./testing/conservation.ts"
export { type Delta, deltaOf, diff, expectDelta, UnexpectedDelta } from "./testing/delta.ts"
export { read, reset, type Snapshot, snapshot } from "./testing/snapshot.ts"
export type { HistogramValue, Value } from "./testing/value.ts"

/** `MetricsService` in a registry of its own: nothing leaks into another test, or into the process. */
export const layer = (options: DefineOptions = {}): Layer.Layer<MetricsService> =>
  Layer.orDie(Layer.suspend(() => MetricsService.layer({ ...options, registry: MetricRegistry.make() })))
