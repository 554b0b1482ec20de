/** Which exemplars a series keeps: the newest of each bucket of a histogram, and the newest few of a number. */
import { boundaryOf, indexOf } from "./exponential-buckets.ts"
import type { Exemplar, ExponentialHistogram, Histogram, Point, Series, Value } from "./model.ts"

/** The most that a series keeps, whatever its buckets. */
const maxExemplars = { number: 8, histogram: 64 } as const

/** Of some exemplars of a value, those that are kept, from the oldest to the newest. */
export const newestExemplars = (exemplars: ReadonlyArray<Exemplar>, value: Value): ReadonlyArray<Exemplar> =>
  addExemplars([], exemplars, value)

/** The series after a point with the exemplars that both have. `after` has those of the point alone. */
export const keepExemplars = (before: Series | undefined, point: Point, after: Series): Series => {
  if (before?.kind !== after.kind || before.kind === "summary" || before.exemplars === undefined) {
    return after
  }
  const known = before.exemplars
  const added = "exemplars" in point ? (point.exemplars ?? []) : []
  if (scaleOf(before) !== scaleOf(after)) {
    // Buckets that became wider join, with their exemplars.
    return Object.assign(after, { exemplars: newestExemplars([...known, ...added], after.total) })
  }
  return Object.assign(after, { exemplars: added.length === 0 ? known : addExemplars(known, added, after.total) })
}

const scaleOf = (series: Series): number | undefined =>
  series.kind === "exponentialHistogram" ? series.total.scale : undefined

/** Adds exemplars to some that have a bucket each. Comparing with boundaries spares a logarithm for each of these. */
const addExemplars = (
  known: ReadonlyArray<Exemplar>,
  added: ReadonlyArray<Exemplar>,
  value: Value
): ReadonlyArray<Exemplar> => {
  const limit = typeof value === "number" ? maxExemplars.number : maxExemplars.histogram
  const newest = [...known]
  for (const exemplar of added) {
    const same = newest.findIndex(isInPlaceOf(exemplar, value))
    if (isNewer(newest[same], exemplar)) {
      continue
    }
    if (same !== -1) {
      newest.splice(same, 1)
    }
    let at = newest.length
    while (at > 0 && isNewer(newest[at - 1], exemplar)) {
      at -= 1
    }
    newest.splice(at, 0, exemplar)
    if (newest.length > limit) {
      newest.shift()
    }
  }
  return newest
}

const isNewer = (a: Exemplar | undefined, b: Exemplar): boolean => a !== undefined && a.timeUnixNano > b.timeUnixNano

/** Whether another exemplar is in the same bucket, or of a number, which has none, the same one sent again. */
const isInPlaceOf = (exemplar: Exemplar, value: Value): ((other: Exemplar) => boolean) => {
  if (typeof value === "number" || "quantiles" in value) {
    const { spanId, timeUnixNano } = exemplar
    return (other) => other.timeUnixNano === timeUnixNano && other.value === exemplar.value && other.spanId === spanId
  }
  return "explicitBounds" in value ? isInBucketOf(exemplar, value) : isInExponentialBucketOf(exemplar, value)
}

const isInBucketOf = ({ value }: Exemplar, { explicitBounds }: Histogram): ((other: Exemplar) => boolean) => {
  // The first boundary that is not below the value.
  let [low, high] = [0, explicitBounds.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= (explicitBounds[middle] ?? Number.POSITIVE_INFINITY)) {
      high = middle
    } else {
      low = middle + 1
    }
  }
  const above = explicitBounds[low - 1] ?? Number.NEGATIVE_INFINITY
  const upTo = explicitBounds[low] ?? Number.POSITIVE_INFINITY
  return (other) => other.value > above && other.value <= upTo
}

const isInExponentialBucketOf = (
  { value }: Exemplar,
  { scale, zeroThreshold }: ExponentialHistogram
): ((other: Exemplar) => boolean) => {
  const zero = zeroThreshold > 0 ? zeroThreshold : 0
  const size = Math.abs(value)
  if (size <= zero) {
    return (other) => Math.abs(other.value) <= zero
  }
  const index = indexOf(size, scale)
  const above = Math.max(zero, boundaryOf(index, scale))
  const upTo = boundaryOf(index + 1, scale)
  return (other) => {
    const otherSize = Math.abs(other.value)
    const isInBucket = otherSize > above && otherSize <= upTo && other.value < 0 === value < 0
    // A rounded boundary may leave out the value itself.
    return isInBucket || other.value === value
  }
}
