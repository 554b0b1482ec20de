/**
 * Reading Effect's summaries without being held up: a summary of Effect 3.22 that met a NaN, or has no room, never ends
 * its snapshot. The read runs under a time limit of V8's, and one that exceeds it again and again is not read any more.
 */
import * as Either from "effect/Either"
import * as MetricKeyType from "effect/MetricKeyType"
import * as MetricState from "effect/MetricState"
import * as Predicate from "effect/Predicate"
import * as Vm from "node:vm"
import type { AnyKey, Entry } from "../instrument/registry.ts"

/** How long one summary may take to be read, in milliseconds; one of 10,000 samples takes about one. */
const limitMs = 40

/** Where the process did not get the processor for most of that time, a summary may try so often. */
const tries = 6

/** At so many collections one after the other: other threads of the process may have used its time at one. */
const lateToEndless = 3

/** Whether a summary has room for samples and quantiles that are numbers from 0 to 1; true for all other metrics. */
export const isReadable = (keyType: unknown): boolean =>
  !MetricKeyType.isSummaryKey(keyType) ||
  (Number.isInteger(keyType.maxSize) &&
    keyType.maxSize >= 1 &&
    keyType.quantiles.every((quantile) => Predicate.isNumber(quantile) && quantile >= 0 && quantile <= 1) &&
    keyType.error >= 0)

/**
 * The state of a summary; nothing when reading it does not end, which is found out a few times, or when a busy machine gave
 * it no time now.
 */
export const readSummary = (entry: Entry): MetricState.MetricState.Summary | undefined => {
  const before = late.get(entry.key) ?? 0
  if (before >= lateToEndless) {
    return undefined
  }
  const { context, script } = reader()
  context.read = entry.state
  for (let left = tries; left > 0; left--) {
    const used = process.cpuUsage()
    const result = Either.try((): unknown => script.runInContext(context, { timeout: limitMs }))
    if (Either.isRight(result) && MetricState.isSummaryState(result.right)) {
      late.delete(entry.key)
      return result.right
    }
    const { system, user } = process.cpuUsage(used)
    if (user + system > (limitMs * 1_000) / 2) {
      late.set(entry.key, before + 1)
      return undefined
    }
  }
  return undefined
}

const late = new WeakMap<AnyKey, number>()

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
