/** Series bound once for a hot path, and bound again when series were removed. */
import type { FailedOutcome, Outcome } from "../../observe/catalogue/outcome.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Series } from "../../observe/instrument/series.ts"

export { bind } from "../../observe/instrument/bind.ts"
export type { Ambient } from "../../observe/instrument/label.ts"

/** What was bound once, and is bound again when series were removed. */
export const bound = <A>(meter: Meter, make: () => A): (() => A) => {
  const bindings = new Bindings<A>(meter)
  return () => {
    const branch = bindings.under([])
    branch.bound ??= make()
    return branch.bound
  }
}

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
