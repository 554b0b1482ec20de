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
          observe(meter, gauge, () => summed(all)),
          all
        )
      })
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => sources.add(source)),
      () => Effect.sync(() => sources.delete(source))
    )
  })

const summed = <Label extends string>(sources: Iterable<Source<Label>>): Iterable<Sample<Label>> => {
  const byLabels = new Map<string, { readonly labels: Pairs<Label>; value: number }>()
  for (const { labels, read } of sources) {
    const id = identity(canonicalOf(labels, []))
    const found = byLabels.get(id)
    if (found === undefined) {
      byLabels.set(id, { labels, value: read() })
    } else {
      found.value += read()
    }
  }
  return byLabels.values()
}
