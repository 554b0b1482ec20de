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
import { attempt } from "../catalogue/attempt.ts"
import type { ExemplarFilter } from "../catalogue/exemplar.ts"
import type { HistogramKind, Row } from "../catalogue/row.ts"
import { ExemplarSlots } from "./exemplar-slots.ts"
import { ExponentialBuckets } from "./exponential-buckets.ts"
import { type Buckets, type HistogramHook, makeHistogram } from "./histogram.ts"
import type { Moment } from "./moment.ts"
import { adopt, type AnyKey, hasSoundHooks } from "./registry.ts"
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
  /**
   * Adds to a counter, up-down or not, sets a gauge, puts a value into a histogram (seconds, when that is its unit); it
   * came about here and now unless a moment is given. Never throws.
   */
  readonly record: (amount: number, at?: Moment) => void
  /** Adds to a gauge; the same as `record` for the other kinds. Never throws. */
  readonly add: (amount: number) => void
  /**
   * Sets a gauge or an up-down counter to what its source says; the same as `record` for the other kinds. What is folded is
   * not counted here: who reads the source tells `Folded`.
   */
  readonly set: (amount: number) => void
  /** Of a histogram, where its hook is ours: its buckets without the cost of a state. */
  readonly buckets: Buckets | undefined
  /** Of the same: makes it hold what its source has counted. */
  readonly replace: HistogramHook["replace"] | undefined
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
    readonly histogram?: HistogramHook
  }
}

/** What a row is opened with besides its registry. */
export interface OpenOptions {
  readonly boundaries: ReadonlyArray<number>
  readonly histogram: HistogramKind
  readonly exemplars: ExemplarFilter
  /** Told of what the registry throws. */
  readonly failed: (thrown: unknown) => undefined
}

/**
 * Opens a row in a registry. Nothing is stored there until the hook of a label set is asked for. Where the registry
 * throws, the series has a hook that it does not know of, so that all is counted and exported by us all the same.
 */
export const open = (registry: MetricRegistry.MetricRegistry, row: Row, options: OpenOptions): Opened => {
  const { failed } = options
  switch (row.kind) {
    case "counter": {
      const base = MetricKey.counter(row.name, { description: row.help, incremental: true })
      const unreadable = MetricState.counter(Number.NaN)
      return opened(base, MetricHook.counter, (key) =>
        registeredHook(registry, { find: () => registry.getCounter(key), unreadable, failed })
      )
    }
    case "gauge":
    case "upDownCounter": {
      const base = MetricKey.gauge(row.name, { description: row.help })
      const unreadable = MetricState.gauge(Number.NaN)
      return opened(
        base,
        (key) => MetricHook.gauge(key, 0),
        (key) => registeredHook(registry, { find: () => registry.getGauge(key), unreadable, failed })
      )
    }
    case "histogram":
      return openHistogram(registry, row, options)
  }
}

interface HookOptions extends Pick<OpenOptions, "failed"> {
  readonly find: () => NumberHook
  /** The state while the hook can't say one: it is not a number, and so it is left out where it is collected. */
  readonly unreadable: SeriesState
}

/** The hook that a registry has, made never to throw; `undefined` where there is none. */
const registeredHook = (
  registry: MetricRegistry.MetricRegistry,
  { failed, find, unreadable }: HookOptions
): NumberHook | undefined => {
  const hook = attempt(find, failed)
  if (hook === undefined || hasSoundHooks(registry)) {
    return hook
  }
  return MetricHook.make({
    get: () => attempt(() => hook.get(), failed) ?? unreadable,
    update: (amount) => attempt(() => hook.update(amount), failed),
    modify: (amount) => attempt(() => hook.modify(amount), failed)
  })
}

const openHistogram = (
  registry: MetricRegistry.MetricRegistry,
  row: Row,
  { boundaries, exemplars, failed, histogram }: OpenOptions
): Opened => {
  const unreadable = MetricState.histogram({ buckets: [], count: Number.NaN, min: 0, max: 0, sum: Number.NaN })
  const base = MetricKey.histogram(row.name, MetricBoundaries.fromIterable(boundaries), row.help)
  return {
    keyType: base.keyType,
    zero: () => makeHistogram(boundaries).hook.get(),
    hook: (labels) => {
      const key = MetricKey.taggedWithLabels(base, labels)
      const own = makeHistogram(boundaries, {
        exponential: histogram === "exponential" ? new ExponentialBuckets() : undefined,
        exemplars: exemplars === "always_off" ? undefined : new ExemplarSlots(exemplars, boundaries.length + 1, failed)
      })
      const { hook } = own
      if (adopt(registry, key, hook) === "adopted") {
        return { key, hook, histogram: own }
      }
      const find = () => trueExtremes(registry.getHistogram(key))
      const registered = registeredHook(registry, { find, unreadable, failed })
      return registered === undefined ? { key, hook, histogram: own } : { key, hook: registered }
    }
  }
}

const opened = <Type extends MetricKeyType.MetricKeyType.Untyped>(
  base: MetricKey.MetricKey<Type>,
  unregistered: (key: MetricKey.MetricKey<Type>) => NumberHook,
  registered: (key: MetricKey.MetricKey<Type>) => NumberHook | undefined
): Opened => ({
  keyType: base.keyType,
  zero: () => unregistered(base).get(),
  hook: (labels) => {
    const key = MetricKey.taggedWithLabels(base, labels)
    return { key, hook: registered(key) ?? unregistered(key) }
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
