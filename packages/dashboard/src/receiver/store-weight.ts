/**
 * How much the series of a store hold, roughly in bytes, so that a store that grows without end is noticed. What a series
 * shares with others counts for each, as the state shows it with each.
 */
import { canonicalJson } from "./canonical-json.ts"
import type { Attributes, Series } from "./model.ts"

export interface StoreWeight {
  /** A series with these attributes was added or changed. */
  readonly change: (before: Series | undefined, after: Series, attributes: string) => void
  readonly isFull: () => boolean
  readonly clear: () => void
}

export const makeStoreWeight = (limit: number): StoreWeight => {
  let weight = 0
  const lengths = new WeakMap<Attributes, number>()
  const lengthOf = (resource: Attributes): number => {
    const known = lengths.get(resource)
    if (known !== undefined) {
      return known
    }
    const { length } = canonicalJson(resource)
    lengths.set(resource, length)
    return length
  }
  const weightOf = (series: Series): number => ownWeight(series) + lengthOf(series.resource)
  return {
    change: (before, after, attributes) => {
      weight += before === undefined ? attributes.length * 2 : -weightOf(before)
      weight += weightOf(after)
    },
    isFull: () => weight > limit,
    clear: () => {
      weight = 0
    }
  }
}

/** Without its attributes and its resource. */
const ownWeight = ({ description, name, scope, unit, value }: Series): number => {
  const texts = 512 + name.length + unit.length + description.length + scope.name.length + scope.version.length
  if (typeof value === "number") {
    return texts
  }
  const numbers =
    "bucketCounts" in value
      ? value.bucketCounts.length + value.explicitBounds.length
      : "positive" in value
        ? value.positive.bucketCounts.length + value.negative.bucketCounts.length
        : value.quantiles.length * 4
  // The value, and the total over resets.
  return texts + numbers * 16
}
