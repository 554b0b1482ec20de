/** A gauge that several sources share: those with the same labels are added up whenever it is read. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { identity, type Pairs } from "../catalogue/label.ts"
import { held } from "./held.ts"
import { type Gauge, InstrumentId } from "./instrument.ts"
import { canonicalOf } from "./label.ts"
import type { Meter } from "./meter.ts"
import { observe, type Sample } from "./sampler.ts"

/** One of the sources of a gauge. */
export interface Source<Label extends string> {
  readonly labels: Pairs<Label>
  /** Where it throws, that is counted, and the series of these labels is absent: the others are not. */
  readonly read: () => number
}

/** Adds a source to a gauge until the scope closes. The gauge has no series without a source. */
export const observeSum = <Label extends string>(
  meter: Meter,
  gauge: Gauge<Label>,
  source: Source<Label>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sources = yield* held(
      meter,
      `sum ${gauge[InstrumentId].row.name}`,
      Effect.suspend(() => {
        const all = new Set<Source<Label>>()
        return Effect.as(
          observe(meter, gauge, () => summed(meter, gauge[InstrumentId].row.name, all)),
          all
        )
      })
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => sources.add(source)),
      () => Effect.sync(() => sources.delete(source))
    )
  })

const summed = <Label extends string>(
  meter: Meter,
  site: string,
  sources: Iterable<Source<Label>>
): Iterable<Sample<Label>> => {
  const byLabels = new Map<string, { readonly labels: Pairs<Label>; value: number | undefined }>()
  for (const { labels, read } of sources) {
    const id = identity(canonicalOf(labels, []))
    const sum = byLabels.get(id) ?? { labels, value: 0 }
    const value = meter.guard(site, read)
    sum.value = value === undefined || sum.value === undefined ? undefined : sum.value + value
    byLabels.set(id, sum)
  }
  return Array.from(byLabels.values()).flatMap(({ labels, value }) => (value === undefined ? [] : [{ labels, value }]))
}
