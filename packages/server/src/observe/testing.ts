/**
 * Tests code that records metrics: a separate registry for each test, and whole, readable values to compare. Everything
 * here reads the values that an exporter would read.
 *
 * [Testing your metrics](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/testing.md)
 *
 * @module
 */
import * as Layer from "effect/Layer"
import * as MetricRegistry from "effect/MetricRegistry"
import { type DefineOptions, MetricsService } from "./metrics.ts"

export { absent, atZero, type ChangeOf, type HistogramChange, type Moved, type Presence } from "./testing/change.ts"
export { type ConservationOptions, expectConserved, type JobTerms, NotConserved } from "./testing/conservation.ts"
export {
  type Delta,
  deltaOf,
  type DeltaProblem,
  diff,
  type Expectation,
  expectDelta,
  type ExpectDeltaOptions,
  UnexpectedDelta
} from "./testing/delta.ts"
export { eventually, type EventuallyOptions, NotReached } from "./testing/eventually.ts"
export { exemplars, type ExemplarValue } from "./testing/exemplars.ts"
export { lint, type LintOptions, type LintProblem, type LintRule } from "./testing/lint.ts"
export { prometheusText, type PrometheusTextOptions } from "./testing/prometheus-text.ts"
export {
  countSeries,
  exactly,
  type Exactly,
  type Handle,
  type LabelOf,
  type Selector,
  total
} from "./testing/selection.ts"
export { read, reset, type Snapshot, snapshot } from "./testing/snapshot.ts"
export type { HistogramValue, Value, ValueOf } from "./testing/value.ts"

/** `MetricsService` with its own registry: nothing leaks into another test, or into the process. */
export const layer = (options: DefineOptions = {}): Layer.Layer<MetricsService> =>
  Layer.orDie(Layer.suspend(() => MetricsService.layer({ ...options, registry: MetricRegistry.make() })))
