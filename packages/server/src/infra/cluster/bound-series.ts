/** Series that a hot path binds once, and binds again after series were removed. */
import type { FailedOutcome, Outcome } from "../../observe/catalogue/outcome.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Ambient } from "../../observe/instrument/label.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { Series } from "../../observe/instrument/series.ts"

const noAmbient: Ambient = []

/** What `make` binds: made now, so that the series are there at 0, and made again after a removal of series. */
export const bound = <A>(meter: Meter, make: () => A): (() => A) => {
  const bindings = new Bindings<A>(meter)
  const current = (): A => {
    const branch = bindings.under(noAmbient)
    branch.bound ??= make()
    return branch.bound
  }
  current()
  return current
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
