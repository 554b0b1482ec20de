/** How much something moved, and whether that is what was expected. */
import * as Equal from "effect/Equal"
import type * as Metric from "effect/Metric"
import type * as MetricState from "effect/MetricState"
import type { HistogramValue, Value } from "./value.ts"

/** Expected change of a histogram. Omitted fields are not compared; omitted buckets must not have changed. */
export interface HistogramChange {
  /** The number of recorded values. */
  readonly count?: number | undefined
  /** The sum of the recorded values, in the unit of the metric: seconds for durations. */
  readonly sum?: number | undefined
  /** The number of values in each bucket, by its upper boundary or `+Inf`; not cumulative. */
  readonly buckets?: Readonly<Record<string | number, number>> | undefined
}

/** Expects a series at 0, or no series. */
export interface Presence {
  /** Which of the two is expected. */
  readonly presence: "atZero" | "absent"
}

/** Expects that at least one selected series exists afterwards, and that all are 0, or empty for a histogram. */
export const atZero: Presence = { presence: "atZero" }

/** Expects that no selected series exists afterwards. */
export const absent: Presence = { presence: "absent" }

/** What can be expected of a handle: the change as a number or, for a histogram, its parts; or {@link Presence}. */
export type ChangeOf<H> =
  H extends Metric.Metric<infer _Type, infer _In, infer Out>
    ? (Out extends MetricState.MetricState.Histogram ? HistogramChange : number) | Presence
    : never

/** What may be expected of any handle. */
export type Change = number | HistogramChange | Presence

/** The change of a series: a number or, for a histogram, the number of values and their sum. */
export type Moved = number | { readonly count: number; readonly sum: number }

/** The values of what is selected, before and after. */
export interface Measured {
  readonly before: Value | undefined
  readonly after: Value | undefined
  /** The values of each selected series afterwards. */
  readonly each: ReadonlyArray<Value>
  /** How far numbers in the unit of the metric may be apart. */
  readonly tolerance: number
}

/** How much something moved; undefined where it did not. */
export const movedBy = (before: Value | undefined, after: Value | undefined): Moved | undefined => {
  if (typeof before === "object" || typeof after === "object") {
    const [was, is] = [histogramOf(before), histogramOf(after)]
    return was.count === is.count ? undefined : { count: is.count - was.count, sum: is.sum - was.sum }
  }
  const change = (after ?? 0) - (before ?? 0)
  return change === 0 ? undefined : change
}

/** What is not as expected, in words that follow "expected …, but"; undefined where all is. */
export const problemOf = (expected: Change, measured: Measured): string | undefined => {
  if (typeof expected === "number") {
    return numberProblem(expected, measured)
  }
  return "presence" in expected ? presenceProblem(expected, measured.each) : histogramProblem(expected, measured)
}

/** What was expected, in words. */
export const expectedText = (expected: Change): string => {
  if (typeof expected === "number") {
    return expected === 0 ? "no change" : `a change of ${signed(expected)}`
  }
  if ("presence" in expected) {
    return expected.presence === "absent" ? "no series" : "a series at 0"
  }
  const { buckets, count, sum } = expected
  const parts = [
    count === undefined ? [] : [`${signed(count)} ${valuesOf(count)}`],
    sum === undefined ? [] : [`a sum of ${signed(sum)}`],
    buckets === undefined ? [] : [`the buckets ${bucketsText(buckets)}`]
  ].flat()
  return parts.length === 0 ? "anything" : parts.join(", ")
}

/** A change in words. */
export const movedText = (moved: Moved): string =>
  typeof moved === "number"
    ? signed(moved)
    : `${signed(moved.count)} ${valuesOf(moved.count)}, a sum of ${signed(moved.sum)}`

const valuesOf = (count: number): string => (Math.abs(count) === 1 ? "value" : "values")

const numberProblem = (expected: number, { after, before, tolerance }: Measured): string | undefined => {
  const [was, is] = [numberOf(before), numberOf(after)]
  if (isNear([is - was, expected], [was, is], { additions: 1, tolerance })) {
    return undefined
  }
  return before === undefined && after === undefined
    ? noSeries
    : is === was
      ? `it did not move, and is ${shown(is)}`
      : `it moved by ${signed(is - was)}, from ${shown(was)} to ${shown(is)}`
}

const presenceProblem = ({ presence }: Presence, each: ReadonlyArray<Value>): string | undefined => {
  if (presence === "absent") {
    return each.length === 0 ? undefined : `there ${each.length === 1 ? "is" : "are"} ${each.length}`
  }
  const moved = each.find((value) => numberOf(value) !== 0)
  return each.length === 0
    ? noSeries
    : moved === undefined
      ? undefined
      : typeof moved === "number"
        ? `it is ${shown(moved)}`
        : `it has ${moved.count} ${valuesOf(moved.count)}`
}

const histogramProblem = (expected: HistogramChange, measured: Measured): string | undefined => {
  const { after, before, tolerance } = measured
  const [was, is] = [histogramOf(before), histogramOf(after)]
  const moved = { count: is.count - was.count, sum: is.sum - was.sum, buckets: bucketChanges(was, is) }
  if (expected.count !== undefined && expected.count !== moved.count) {
    return before === undefined && after === undefined ? noSeries : tookText(moved)
  }
  const near = { additions: moved.count, tolerance }
  if (expected.sum !== undefined && !isNear([moved.sum, expected.sum], [was.sum, is.sum], near)) {
    return before === undefined && after === undefined
      ? noSeries
      : `the sum of its ${moved.count} new ${valuesOf(moved.count)} is ${shown(moved.sum)}`
  }
  if (expected.buckets === undefined) {
    return undefined
  }
  const unknown = Object.keys(expected.buckets).filter((name) => !(bucketKey(name) in is.buckets))
  if (unknown.length > 0 && after !== undefined) {
    return `it has no bucket ${unknown.join(", ")}: its buckets are ${byBoundary(is.buckets)
      .map(([name]) => name)
      .join(", ")}`
  }
  const wanted = Object.entries(expected.buckets).flatMap(([name, count]) =>
    count === 0 ? [] : [[bucketKey(name), count] as const]
  )
  return isSame(Object.fromEntries(wanted), moved.buckets)
    ? undefined
    : after === undefined
      ? noSeries
      : moved.count === 0
        ? tookText(moved)
        : `its values went into the buckets ${bucketsText(moved.buckets)}`
}

const noSeries = "there is no such series"

const tookText = ({ count, sum }: { readonly count: number; readonly sum: number }): string =>
  count === 0 ? "it recorded no value" : `it recorded ${count} ${valuesOf(count)} with a sum of ${shown(sum)}`

/** `1.0`, as Prometheus writes it, and `1` are one boundary; so are `Infinity` and `+Inf`. */
const bucketKey = (name: string): string =>
  name === "+Inf" || name === "" ? name : name === "Infinity" ? "+Inf" : String(Number(name))

/** JavaScript puts keys that are whole numbers first. */
const byBoundary = (buckets: Readonly<Record<string, number>>): ReadonlyArray<readonly [name: string, count: number]> =>
  Object.entries(buckets).sort(([one], [other]) => boundaryOf(one) - boundaryOf(other))

const boundaryOf = (name: string): number => (name === "+Inf" ? Number.MAX_VALUE : Number(name))

const bucketsText = (buckets: Readonly<Record<string, number>>): string => {
  const texts = byBoundary(buckets).map(([name, count]) => `${name}: ${count}`)
  return `{ ${texts.join(", ")} }`
}

const bucketChanges = (was: HistogramValue, is: HistogramValue): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(is.buckets).flatMap(([name, count]) => {
      const change = count - (was.buckets[name] ?? 0)
      return change === 0 ? [] : [[name, change] as const]
    })
  )

const isSame = (one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, count]) => Equal.equals(other[name], count))

/** How near numbers have to be. */
interface Near {
  /** How many numbers were added up: each addition may round. */
  readonly additions: number
  readonly tolerance: number
}

/**
 * Within the tolerance, or within what floating point makes of numbers as large as these: `0.1 + 0.2` is `0.3`, also
 * where it was added to a million, and a tenth is added a thousand times. Whole numbers are compared as they are.
 */
const isNear = (
  [change, expected]: readonly [number, number],
  [was, is]: readonly [number, number],
  { additions, tolerance }: Near
): boolean => {
  const largest = Math.max(Math.abs(was), Math.abs(is), Math.abs(expected))
  const rounding = [was, is, expected].every(Number.isInteger) ? 0 : Math.max(4, additions) * Number.EPSILON * largest
  return Math.abs(change - expected) <= Math.max(tolerance, rounding)
}

const numberOf = (value: Value | undefined): number => (typeof value === "object" ? value.count : (value ?? 0))

const histogramOf = (value: Value | undefined): HistogramValue =>
  typeof value === "object" ? value : { count: 0, sum: 0, buckets: {} }

const signed = (amount: number): string => (amount > 0 ? `+${shown(amount)}` : String(shown(amount)))

/** To the nanosecond: what floating point adds beyond is noise. */
const shown = (amount: number): number => Number(amount.toFixed(9))
