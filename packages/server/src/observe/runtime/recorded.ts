/** Where the parts of the runtime's metrics record: gauges and counters that follow a source when somebody collects. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { identity, type Pairs } from "../catalogue/label.ts"
import { bind, type Bindable } from "../instrument/bind.ts"
import { Folded } from "../instrument/folded.ts"
import { clockOf, currentFiber } from "../instrument/fiber.ts"
import type { RuntimeHandles } from "../instrument/handles/runtime.ts"
import { type Counter, type Gauge, InstrumentId } from "../instrument/instrument.ts"
import { canonicalOf } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { observeToTheEnd } from "../instrument/sampler.ts"
import type { Series } from "../instrument/series.ts"
import { nowNanosOf } from "../instrument/sound-clock.ts"

/** The registry's meter, and the handles. */
export interface Recorded {
  readonly meter: Meter
  readonly runtime: RuntimeHandles
}

/** Reads a gauge without labels whenever it is collected; where there is no value it is absent. */
export const observeValue = (
  meter: Meter,
  gauge: Gauge<never>,
  read: () => number | undefined
): Effect.Effect<void, never, Scope.Scope> =>
  observeToTheEnd(meter, gauge, () => {
    const value = read()
    return value === undefined ? [] : [{ labels: {}, value }]
  })

/** What a counter has come to since the process began. */
export interface Total<Label extends string> {
  readonly labels: Pairs<Label>
  readonly total: number
}

/**
 * Raises a counter to its source's total whenever it is collected, and once more when the scope closes. A total that is
 * lower than before changes nothing: a counter never goes back.
 */
export const observeTotals = <Label extends string>(
  meter: Meter,
  counter: Counter<Label>,
  totals: () => ReadonlyArray<Total<Label>>
): Effect.Effect<void, never, Scope.Scope> => {
  const folded = new Folded(counter[InstrumentId])
  return follow(meter, {
    metric: counter,
    refresh: () => {
      const sums = new Map<Series, number>()
      const over = new Set<string>()
      for (const { labels, total } of totals()) {
        const series = bind<string>(counter, labels)
        sums.set(series, (sums.get(series) ?? 0) + total)
        if (series.isOverflow) {
          over.add(identity(canonicalOf(labels, [])))
        }
      }
      sums.forEach((total, series) => raise(series, total))
      folded.read(over)
    }
  })
}

/** Raises a counter without labels to a total. */
export const raiseTo = (counter: Counter<never>, total: number): void => raise(bind(counter, {}), total)

const raise = (series: Series, total: number): void => {
  const state = series.state()
  const more = "count" in state ? total - state.count : 0
  if (more > 0) {
    series.set(more)
  }
}

/** Does something whenever a metric is collected, and once more when the scope closes. */
export const follow = (
  meter: Meter,
  { metric, refresh }: { readonly metric: Bindable<never> | Bindable; readonly refresh: (nowNanos: bigint) => void }
): Effect.Effect<void, never, Scope.Scope> => {
  const instrument = metric[InstrumentId]
  const now = Effect.sync(() => meter.guard(instrument.row.name, () => refresh(nowNanosOf(clockOf(currentFiber())))))
  return Effect.asVoid(
    Effect.acquireRelease(
      Effect.map(now, () => meter.observe({ instrument, refresh })),
      (stop) => Effect.zipRight(now, Effect.sync(stop))
    )
  )
}
