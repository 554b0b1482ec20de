/** How much the series of a store hold, roughly in bytes, so that a store that grows without end is noticed. */
import { canonicalJson } from "./canonical-json.ts"
import type { Attributes, Series } from "./model.ts"

export interface StoreWeight {
  /** A series was added or changed. */
  readonly change: (before: Series | undefined, after: Series, identity: string) => void
  readonly isFull: () => boolean
  readonly clear: () => void
}

export const makeStoreWeight = (limit: number): StoreWeight => {
  let weight = 0
  // All points of a part of a request share their resource.
  let counted: Attributes | undefined
  return {
    change: (before, after, identity) => {
      weight += weightOf(after)
      if (before !== undefined) {
        weight -= weightOf(before)
        return
      }
      weight += identity.length * 2
      if (after.resource !== counted) {
        counted = after.resource
        weight += canonicalJson(after.resource).length * 2
      }
    },
    isFull: () => weight > limit,
    clear: () => {
      weight = 0
      counted = undefined
    }
  }
}

/** Without its attributes. What a series shares with others of its metric is counted for each. */
const weightOf = ({ description, name, scope, unit, value }: Series): number => {
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
