/** Reading and removing what the registry of a `MetricsService` holds. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Pairs } from "../catalogue/label.ts"
import type { Bindable } from "../instrument/bind.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import { type Canonical, canonicalOf } from "../instrument/label.ts"
import { MetricsService } from "../metrics.ts"
import { type Value, valueOf } from "./value.ts"

/** All series by their text, `jobs_enqueued_total{job_type="digest",operation="submit"}`, labels sorted by name. */
export type Snapshot = Readonly<Record<string, Value>>

/** Everything that the registry of the `MetricsService` holds now. */
export const snapshot: Effect.Effect<Snapshot, never, MetricsService> = Effect.gen(function* () {
  const { meter } = yield* MetricsService
  const now = yield* Clock.currentTimeNanos
  const values = new Map<string, Value>()
  for (const instrument of meter.collect(now)) {
    for (const series of instrument.all()) {
      values.set(seriesText(instrument.row.name, series.labels), valueOf(series.state()))
    }
  }
  return Object.fromEntries(values)
})

/** The value of one series, or undefined while it does not exist; asking creates none. Labels in any order. */
export const read = <Label extends string>(
  handle: Pick<Bindable<Label>, typeof InstrumentId | "labelNames">,
  labels: Pairs<NoInfer<Label>>
): Effect.Effect<Value | undefined> =>
  Effect.map(Clock.currentTimeNanos, (now) => {
    const instrument = handle[InstrumentId]
    instrument.keeper.refresh(instrument, now)
    const series = instrument.find(canonicalOf(labels, []))
    return series === undefined ? undefined : valueOf(series.state())
  })

/** Removes every series of the registry of the `MetricsService`. */
export const reset: Effect.Effect<void, never, MetricsService> = Effect.gen(function* () {
  const { meter } = yield* MetricsService
  for (const instrument of meter.collect(yield* Clock.currentTimeNanos)) {
    meter.remove(instrument, () => true)
  }
})

const seriesText = (name: string, labels: Canonical): string =>
  labels.length === 0 ? name : `${name}{${labels.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).join(",")}}`
