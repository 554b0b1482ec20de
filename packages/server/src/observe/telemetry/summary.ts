/**
 * Reading Effect's summaries without being held up: a summary of Effect 3.22 that met a NaN, or has no room, never ends
 * its snapshot. The read runs under a time limit of V8's, and one that exceeded it is not read again.
 */
import * as Either from "effect/Either"
import * as MetricKeyType from "effect/MetricKeyType"
import * as MetricState from "effect/MetricState"
import * as Vm from "node:vm"
import type { AnyKey, Entry } from "../registry.ts"

/**
 * How long one summary may take to be read at the first, second and third try, in milliseconds; one of 10,000 samples
 * takes about one. A busy machine can make a sound one late: it gets more time, and only the third time is for good.
 */
const limitsMs = [40, 100, 250]

/** Whether a summary has room for samples and quantiles that are numbers from 0 to 1; true for all other metrics. */
export const isReadable = (keyType: unknown): boolean =>
  !MetricKeyType.isSummaryKey(keyType) ||
  (Number.isInteger(keyType.maxSize) &&
    keyType.maxSize >= 1 &&
    keyType.quantiles.every((quantile) => quantile >= 0 && quantile <= 1) &&
    keyType.error >= 0)

/** The state of a summary; nothing when reading it did not end, or has not ended several times before. */
export const readSummary = (entry: Entry): MetricState.MetricState.Summary | undefined => {
  const failed = failures.get(entry.key) ?? 0
  const timeout = limitsMs[failed]
  if (timeout === undefined) {
    return undefined
  }
  const { context, script } = reader()
  context.read = entry.state
  const result = Either.try((): unknown => script.runInContext(context, { timeout }))
  if (Either.isRight(result) && MetricState.isSummaryState(result.right)) {
    failures.delete(entry.key)
    return result.right
  }
  failures.set(entry.key, failed + 1)
  return undefined
}

const failures = new WeakMap<AnyKey, number>()

interface Context {
  read: () => unknown
}

// Made at the first summary: most programs have none, and a context takes a millisecond.
let made: { readonly script: Vm.Script; readonly context: Context } | undefined

const reader = (): { readonly script: Vm.Script; readonly context: Context } => {
  if (made === undefined) {
    const context: Context = { read: () => undefined }
    Vm.createContext(context)
    made = { script: new Vm.Script("read()"), context }
  }
  return made
}
