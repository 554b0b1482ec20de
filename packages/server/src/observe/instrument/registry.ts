/**
 * What Effect's `MetricRegistry` does not offer in public: walking its entries one by one and taking one out. The only
 * file that knows how the registry of Effect 3.22 stores them (`docs/decisions/0004-registry.md`).
 */
import * as MetricHook from "effect/MetricHook"
import type * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricPair from "effect/MetricPair"
import * as MetricRegistry from "effect/MetricRegistry"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { attempt } from "../catalogue/attempt.ts"

/** The key of a metric whose type is not known. */
export type AnyKey = MetricKey.MetricKey<MetricKeyType.MetricKeyType.Untyped>

/** One metric series in a registry: its key, and a way to read its state that costs nothing until it is used. */
export interface Entry {
  readonly key: AnyKey
  readonly state: () => MetricPair.MetricPair.Untyped["metricState"]
}

type Stored = MutableHashMap.MutableHashMap<AnyKey, MetricHook.MetricHook.Root>

/**
 * The entries of a registry, lazily: a walk can stop and go on later without holding up the event loop. A registry that
 * is not Effect's own is read in one snapshot; one that can't be read has none.
 */
export const entries = function* (registry: MetricRegistry.MetricRegistry): Generator<Entry> {
  const map = stored(registry)
  if (map === undefined) {
    for (const [key, hook] of unstored(registry)) {
      yield { key, state: () => hook.get() }
    }
    return
  }
  for (const [key, hook] of map) {
    yield { key, state: () => hook.get() }
  }
}

/**
 * The entries whose names are not given, without the cost of an entry for the others: after every so many of those the
 * walk yields nothing, so that it can stop there. Of each name given, the number is lowered by the entries that there are.
 */
export const entriesExcept = function* (
  registry: MetricRegistry.MetricRegistry,
  names: Map<string, number>
): Generator<Entry | undefined> {
  let skipped = 0
  for (const [key, hook] of stored(registry) ?? unstored(registry)) {
    const left = names.get(key.name)
    if (left === undefined) {
      yield { key, state: () => hook.get() }
      continue
    }
    names.set(key.name, left - 1)
    if (++skipped % 512 === 0) {
      yield undefined
    }
  }
}

/** How many entries a registry has; undefined for one that is not Effect's own. */
export const sizeOf = (registry: MetricRegistry.MetricRegistry): number | undefined => {
  const map = stored(registry)
  return map === undefined ? undefined : attempt(() => MutableHashMap.size(map))
}

const unstored = (
  registry: MetricRegistry.MetricRegistry
): Iterable<[AnyKey, Pick<MetricHook.MetricHook.Root, "get">]> =>
  attempt(() => registry.snapshot().map(({ metricKey, metricState }) => [metricKey, { get: () => metricState }])) ?? []

/**
 * Puts a hook of our own into a registry, where everyone who asks for the key finds it. Not where the key has a hook
 * already, or where the registry is not Effect's own: then its own hook is the one to use.
 */
export const adopt = <In, Out extends MetricPair.MetricPair.Untyped["metricState"]>(
  registry: MetricRegistry.MetricRegistry,
  key: AnyKey,
  hook: MetricHook.MetricHook<In, Out>
): "adopted" | "taken" => {
  const map = stored(registry)
  const isNew = map !== undefined && attempt(() => !MutableHashMap.has(map, key) && MutableHashMap.set(map, key, hook))
  return isNew === undefined || isNew === false ? "taken" : "adopted"
}

/**
 * Calls a function whenever somebody reads a hook of ours through its registry, as those do who take a snapshot; what is
 * returned ends it. Undefined where the registry does not have the key.
 */
export const onRead = (
  registry: MetricRegistry.MetricRegistry,
  key: AnyKey,
  isRead: () => void
): (() => void) | undefined => {
  const map = stored(registry)
  const hook = map === undefined ? undefined : attempt(() => Option.getOrUndefined(MutableHashMap.get(map, key)))
  if (map === undefined || hook === undefined) {
    return undefined
  }
  const { modify, update } = hook
  const watched = MetricHook.make({ get: () => (isRead(), hook.get()), update, modify })
  MutableHashMap.set(map, key, watched)
  return () => {
    if (Option.contains(MutableHashMap.get(map, key), watched)) {
      MutableHashMap.set(map, key, hook)
    }
  }
}

/** Takes a series out of a registry, so that no exporter sees it again; false if this registry can't forget. */
export const forget = (registry: MetricRegistry.MetricRegistry, key: AnyKey): boolean => {
  const map = stored(registry)
  return map !== undefined && attempt(() => MutableHashMap.remove(map, key)) !== undefined
}

/** Whether the hooks of a registry are Effect's own, which never throw. */
export const hasSoundHooks = (registry: MetricRegistry.MetricRegistry): boolean =>
  attempt(
    () =>
      registry.getCounter === sound.getCounter &&
      registry.getGauge === sound.getGauge &&
      registry.getHistogram === sound.getHistogram
  ) ?? false

const sound = MetricRegistry.make()

const stored = (registry: MetricRegistry.MetricRegistry): Stored | undefined =>
  attempt(() => (Predicate.hasProperty(registry, "map") && isStored(registry.map) ? registry.map : undefined))

// Effect 3.22 keeps its hooks by key in the one MutableHashMap that a registry has, the property `map`.
const isStored = (value: unknown): value is Stored => Predicate.hasProperty(value, mutableHashMapTypeId)

const mutableHashMapTypeId = Symbol.for("effect/MutableHashMap")
