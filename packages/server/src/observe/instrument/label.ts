/**
 * Labels as Effect's metrics take them. A series is its name and a sorted list of unique keys, so that the order in which
 * labels were written never matters; the rules are those of `catalogue/label`.
 */
import * as HashSet from "effect/HashSet"
import * as MetricLabel from "effect/MetricLabel"
import { canonicalPairs, cleanPairs, type Pairs } from "../catalogue/label.ts"

declare const Names: unique symbol

/** A set of labels whose names are known to the type checker. An untyped `HashSet<MetricLabel>` is accepted as well. */
export type Labels<Name extends string = string> = HashSet.HashSet<MetricLabel.MetricLabel> & {
  readonly [Names]?: Name
}

/** Labels as they are given: a record, or a set made with `MetricsService.label`. */
export type LabelInput<Name extends string = string> = Pairs<Name> | Labels<Name>

/** Unique keys in code-unit order, values clean and not empty. */
export type Canonical = ReadonlyArray<MetricLabel.MetricLabel>

/** The labels of `Effect.tagMetrics` on a fiber, outermost first. */
export type Ambient = ReadonlyArray<MetricLabel.MetricLabel>

/** A set of labels: undefined and empty values dropped, the others cleaned. Applying it to its own result changes nothing. */
export const label = <const P extends Pairs>(
  pairs: P
): Labels<string extends keyof P ? never : Extract<keyof P, string>> =>
  HashSet.fromIterable(metricLabels(cleanPairs(pairs)))

/** Labels in canonical form; which one stands on a clash of keys is said of `canonicalPairs`. */
export const canonical = (own: Iterable<MetricLabel.MetricLabel>, ambient: Ambient = []): Canonical =>
  metricLabels(canonicalPairs(own, ambient))

/** The same of labels as they are given. A set that is used again without ambient labels is resolved once. */
export const canonicalOf = (given: LabelInput, ambient: Ambient): Canonical => {
  if (!HashSet.isHashSet(given)) {
    return metricLabels(canonicalPairs(cleanPairs(given), ambient))
  }
  const known = ambient.length === 0 ? canonicalSets.get(given) : undefined
  const made = known ?? canonical(given, ambient)
  if (known === undefined && ambient.length === 0) {
    canonicalSets.set(given, made)
  }
  return made
}

/** The names of labels that have a value. */
export const namesOf = (given: LabelInput): ReadonlyArray<string> =>
  HashSet.isHashSet(given)
    ? Array.from(given, ({ key }) => key)
    : Object.keys(given).filter((name) => given[name] !== undefined && given[name] !== "")

/** Whether a record has no labels but these, all of its own: what is inherited is no label, as for `namesOf`. */
export const hasOnly = (given: Pairs, names: ReadonlyArray<string>): boolean => {
  const prototype: unknown = Object.getPrototypeOf(given)
  if (prototype !== Object.prototype && prototype !== null) {
    return false
  }
  for (const name in given) {
    if (!names.includes(name)) {
      return false
    }
  }
  return true
}

/** The labels whose name the predicate picks. */
export const only = (given: LabelInput, isPicked: (name: string) => boolean): LabelInput =>
  HashSet.isHashSet(given)
    ? HashSet.filter(given, ({ key }) => isPicked(key))
    : Object.fromEntries(Object.entries(given).filter(([name]) => isPicked(name)))

const canonicalSets = new WeakMap<Labels, Canonical>()

const metricLabels = (pairs: ReturnType<typeof canonicalPairs>): Array<MetricLabel.MetricLabel> =>
  pairs.map(({ key, value }) => MetricLabel.make(key, value))
