/**
 * How much the series of a store hold, roughly in bytes, so that a store that grows without end is noticed. What a series
 * shares with others counts for each, as the state shows it with each.
 */
import { canonicalJson } from "./canonical-json.ts"
import { noAttributes } from "./attributes.ts"
import type { Attributes, Exemplar, Series, Value } from "./model.ts"

export interface StoreWeight {
  /** A series with these attributes was added or changed. */
  readonly change: (before: Series | undefined, after: Series, attributes: string) => void
  readonly bytes: () => number
  readonly isFull: () => boolean
  readonly clear: () => void
}

export const makeStoreWeight = (limit: number): StoreWeight => {
  let weight = 0
  const lengths = new WeakMap<Attributes, number>()
  const lengthOf = (attributes: Attributes): number => {
    const known = lengths.get(attributes)
    if (known !== undefined) {
      return known
    }
    const { length } = canonicalJson(attributes)
    lengths.set(attributes, length)
    return length
  }
  // Of a series with exemplars most points bring one or none, so the others are known.
  const known = new WeakMap<Exemplars, number>()
  const exemplarsWeight = (exemplars: Exemplars): number => {
    const before = known.get(exemplars)
    if (before !== undefined) {
      return before
    }
    const attributes = (one: Exemplar) =>
      one.filteredAttributes === noAttributes ? 0 : lengthOf(one.filteredAttributes)
    const weight = exemplars.reduce((sum, one) => sum + 256 + 2 * attributes(one), 0)
    known.set(exemplars, weight)
    return weight
  }
  const weightOf = (series: Series): number => {
    const exemplars = "exemplars" in series ? series.exemplars : undefined
    const own = ownWeight(series) + lengthOf(series.resource)
    return exemplars === undefined ? own : own + exemplarsWeight(exemplars)
  }
  return {
    change: (before, after, attributes) => {
      weight += before === undefined ? attributes.length * 2 : -weightOf(before)
      weight += weightOf(after)
    },
    bytes: () => weight,
    isFull: () => weight > limit,
    clear: () => {
      weight = 0
    }
  }
}

type Exemplars = ReadonlyArray<Exemplar>

/** Without its attributes, its resource and its exemplars. */
const ownWeight = (series: Series): number => {
  const { description, name, scope, total, unit, value } = series
  const texts = 512 + name.length + unit.length + description.length + scope.name.length + scope.version.length
  if (typeof value === "number") {
    return texts
  }
  const carried = series.carried === undefined ? 0 : numbersIn(series.carried)
  return texts + (numbersIn(value) + numbersIn(total) + carried) * 8
}

const numbersIn = (value: Value): number => {
  if (typeof value === "number") {
    return 1
  }
  if ("explicitBounds" in value) {
    return value.bucketCounts.length + value.explicitBounds.length
  }
  return "positive" in value
    ? value.positive.bucketCounts.length + value.negative.bucketCounts.length
    : value.quantiles.length * 4
}
