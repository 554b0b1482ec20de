/** Reading and removing what the registry of a `MetricsService` holds. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Pairs } from "../catalogue/label.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import { canonicalOf } from "../instrument/label.ts"
import { MetricsService } from "../metrics.ts"
import { warnOfLeftovers, withoutLeftovers } from "./leftovers.ts"
import { type Handle, type LabelOf, readNow, textOf } from "./selection.ts"
import { type Value, type ValueOf, valueOf } from "./value.ts"

/** All series by their text, `jobs_enqueued_total{job_type="digest",operation="submit"}`, labels sorted by name. */
export type Snapshot = Readonly<Record<string, Value>>

/** The current values of all series in the registry of the `MetricsService`. */
export const snapshot: Effect.Effect<Snapshot, never, MetricsService> = Effect.gen(function* () {
  const metrics = yield* MetricsService
  yield* warnOfLeftovers(metrics)
  const now = yield* Clock.currentTimeNanos
  const values = new Map<string, Value>()
  for (const instrument of metrics.meter.collect(now)) {
    for (const series of instrument.all()) {
      values.set(textOf(instrument, series), valueOf(series.state()))
    }
  }
  return Object.fromEntries(values)
})

/**
 * The value of the one series with exactly these labels, in any order, or undefined if it does not exist. Reading creates
 * no series.
 */
export function read<H extends Handle>(
  handle: H,
  labels: Pairs<NoInfer<LabelOf<H>>>
): Effect.Effect<ValueOf<H> | undefined>
export function read(handle: Handle, labels: Pairs): Effect.Effect<Value | undefined> {
  return readNow(handle, (now) => {
    const instrument = handle[InstrumentId]
    instrument.keeper.refresh(instrument, now)
    const series = instrument.find(canonicalOf(labels, []))
    return series === undefined ? undefined : valueOf(series.state())
  })
}

/** Removes every series of the registry of the `MetricsService`. */
export const reset: Effect.Effect<void, never, MetricsService> = Effect.gen(function* () {
  const metrics = yield* MetricsService
  withoutLeftovers(metrics)
  for (const instrument of metrics.meter.collect(yield* Clock.currentTimeNanos)) {
    metrics.meter.remove(instrument, () => true)
  }
})
