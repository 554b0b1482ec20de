/**
 * One series: a metric and one canonical set of labels, bound to the hook that holds its value. Recording on a bound
 * series resolves nothing.
 */
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricHook from "effect/MetricHook"
import * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricRegistry from "effect/MetricRegistry"
import * as MetricState from "effect/MetricState"
import type { Row } from "../catalogue/row.ts"
import { type Buckets, makeHistogram } from "./histogram.ts"
import { adopt, type AnyKey } from "./registry.ts"
import type { Canonical } from "./label.ts"

/** A hook of any of the kinds that we define: they all take a number. */
export type NumberHook = MetricHook.MetricHook<number, SeriesState>

/** The state of a series of any of our kinds. */
export type SeriesState =
  | MetricState.MetricState.Counter<number>
  | MetricState.MetricState.Gauge<number>
  | MetricState.MetricState.Histogram

/** A bound series. */
export interface Series {
  readonly labels: Canonical
  readonly key: AnyKey
  /** When the series came to be, less a millisecond, in nanoseconds of the epoch: its value was zero then. */
  readonly startNanos: bigint
  readonly isOverflow: boolean
  /** It is in no instrument any more: what is recorded on it is lost. */
  isRemoved: boolean
  /** Adds to a counter, sets a gauge, puts a value into a histogram (seconds, when that is its unit). Never throws. */
  readonly record: (amount: number) => void
  /** Adds to a gauge; the same as `record` for the other kinds. Never throws. */
  readonly add: (amount: number) => void
  /** Of a histogram, where its hook is ours: its buckets without the cost of a state. */
  readonly buckets: Buckets | undefined
  /** The state now; min and max are 0 in an empty histogram, and true when all values were 0. */
  readonly state: () => SeriesState
}

/** A row opened in a registry: its key type, its zero state, and the hook of each label set. */
export interface Opened {
  readonly keyType: MetricKeyType.MetricKeyType.Untyped
  readonly zero: () => SeriesState
  readonly hook: (labels: Canonical) => {
    readonly key: AnyKey
    readonly hook: NumberHook
    readonly buckets?: Buckets
  }
}

/** Opens a row in a registry. Nothing is stored there until the hook of a label set is asked for. */
export const open = (registry: MetricRegistry.MetricRegistry, row: Row, boundaries: ReadonlyArray<number>): Opened => {
  switch (row.kind) {
    case "counter": {
      const base = MetricKey.counter(row.name, { description: row.help, incremental: true })
      return opened(base, MetricHook.counter, (key) => registry.getCounter(key))
    }
    case "gauge":
    case "upDownCounter": {
      const base = MetricKey.gauge(row.name, { description: row.help })
      return opened(
        base,
        (key) => MetricHook.gauge(key, 0),
        (key) => registry.getGauge(key)
      )
    }
    case "histogram":
      return openHistogram(registry, row, boundaries)
  }
}

const openHistogram = (
  registry: MetricRegistry.MetricRegistry,
  row: Row,
  boundaries: ReadonlyArray<number>
): Opened => {
  const base = MetricKey.histogram(row.name, MetricBoundaries.fromIterable(boundaries), row.help)
  return {
    keyType: base.keyType,
    zero: () => makeHistogram(boundaries).hook.get(),
    hook: (labels) => {
      const key = MetricKey.taggedWithLabels(base, labels)
      const { buckets, hook } = makeHistogram(boundaries)
      return adopt(registry, key, hook) === "adopted"
        ? { key, hook, buckets }
        : { key, hook: trueExtremes(registry.getHistogram(key)) }
    }
  }
}

const opened = <Type extends MetricKeyType.MetricKeyType.Untyped>(
  base: MetricKey.MetricKey<Type>,
  unregistered: (key: MetricKey.MetricKey<Type>) => NumberHook,
  registered: (key: MetricKey.MetricKey<Type>) => NumberHook
): Opened => ({
  keyType: base.keyType,
  zero: () => unregistered(base).get(),
  hook: (labels) => {
    const key = MetricKey.taggedWithLabels(base, labels)
    return { key, hook: registered(key) }
  }
})

// Effect's histogram starts with the largest number as its minimum and the smallest positive one as its maximum: an
// empty one shows both, one of zeros the second. Our amounts are never negative, so 0 is the truth in both.
const trueExtremes = (hook: MetricHook.MetricHook.Histogram): NumberHook => {
  const get = (): MetricState.MetricState.Histogram => {
    const state = hook.get()
    return state.max !== Number.MIN_VALUE ? state : MetricState.histogram({ ...state, min: 0, max: 0 })
  }
  return MetricHook.make({ get, update: hook.update, modify: hook.modify })
}
