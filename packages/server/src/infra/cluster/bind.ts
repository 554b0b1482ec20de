/** Series bound once for a hot path, from the handle of a metric and its labels. */
import type * as MetricLabel from "effect/MetricLabel"
import { type Instrument, InstrumentId } from "../../observe/instrument/instrument.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import { canonical, label, type Pairs } from "../../observe/catalogue/label.ts"
import type { FailedOutcome, Outcome } from "../../observe/catalogue/outcome.ts"
import type { Series } from "../../observe/instrument/series.ts"

/** The ambient labels of a fiber. */
export type Ambient = ReadonlyArray<MetricLabel.MetricLabel>

/** The series of a metric with these labels and the ambient ones. */
export const bind = <Label extends string>(
  handle: { readonly labelNames: ReadonlyArray<Label>; readonly [InstrumentId]: Instrument },
  pairs: Pairs<NoInfer<Label>>,
  ambient: Ambient = []
): Series => handle[InstrumentId].resolve(canonical(label(pairs), ambient))

/** What was bound once, and is bound again when series were removed. */
export const bound = <A>(meter: Meter, make: () => A): (() => A) => {
  let { epoch } = meter
  let made = make()
  return () => {
    if (epoch !== meter.epoch) {
      epoch = meter.epoch
      made = make()
    }
    return made
  }
}

/** One series an outcome; a success has no label `outcome`. */
export type ByOutcome = { readonly [T in Outcome["_tag"]]: Series }

/** The series of a metric for each outcome, bound when the first of them is recorded. */
export const byOutcome = (of: (outcome: FailedOutcome | undefined) => Series): ((outcome: Outcome) => Series) => {
  let succeeded: Series | undefined = undefined
  const failed = new Map<FailedOutcome, Series>()
  return ({ _tag }) => {
    if (_tag === "success") {
      succeeded ??= of(undefined)
      return succeeded
    }
    const made = failed.get(_tag) ?? of(_tag)
    failed.set(_tag, made)
    return made
  }
}
