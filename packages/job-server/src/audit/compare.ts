/** Compares what was received with what was expected, series by series. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import type { Histogram, Series } from "@parametric-portal/dashboard/receiver"
import { type Bounds, type ExpectedSeries, type Labels, seriesKey } from "./expected.ts"
import { type ReceivedSeries, receivedSeries } from "./received.ts"

/**
 * One series of the comparison. `received` and `expected` are counts; those of a histogram are numbers of measurements.
 * `lost` is what a killed process did after its last acknowledged export: exactly that much is missing.
 */
export interface ComparedSeries {
  readonly name: string
  readonly labels: Labels
  readonly received: number
  readonly expected: number
  readonly lost?: number
  /** Of a histogram: the sum that was received, and the bounds of the expected one. */
  readonly sum?: { readonly received: number; readonly expected: SumBounds }
  readonly agreed: boolean
  /** Why not, if it does not agree. */
  readonly problem?: string
}

/** Without an upper bound, a sum may be any larger number. */
export type SumBounds = Pick<Bounds, "atLeast"> & Partial<Bounds>

/** A series that was received and cannot be checked. */
export interface UncheckedSeries {
  readonly name: string
  readonly labels: Labels
  readonly received: number
}

/** Everything that happened, and the part that reached an acknowledged export: all of it unless a process was killed. */
export interface Expected {
  readonly all: ReadonlyArray<ExpectedSeries>
  readonly exported: ReadonlyArray<ExpectedSeries>
}

export interface CompareOptions {
  /** Whether a series is of a process that was killed. */
  readonly isKilled: (one: Series) => boolean
  readonly isCheckable: (row: Row) => boolean
}

const rows: ReadonlyArray<Row> = [...Object.values(catalogue.jobs), ...Object.values(catalogue.cluster)]
const order = rows.map(({ name }) => name)

/** Ages, and what happens inside a runner: nothing outside the library can observe it. */
const unobservable: ReadonlySet<string> = new Set(
  [
    catalogue.cluster.backlogOldestAge,
    catalogue.cluster.runnerSends,
    catalogue.cluster.runnerHealthChecks,
    catalogue.cluster.shardMoves,
    catalogue.cluster.shardsConfigured,
    catalogue.cluster.storageDuration,
    catalogue.jobs.dlqOldestAge
  ].map(({ name }) => name)
)

/** Which metrics can be checked. Sampled gauges can only if they were sampled after the last change. */
export const checkable =
  (areGaugesCurrent: boolean) =>
  ({ kind, name }: Row): boolean =>
    !unobservable.has(name) && (areGaugesCurrent || kind !== "gauge")

/** The series that were received and cannot be checked. They have no part in the agreement. */
export const uncheckedSeries = (
  series: ReadonlyArray<Series>,
  { isCheckable, isKilled }: CompareOptions
): ReadonlyArray<UncheckedSeries> => {
  const uncheckable = rows.filter((row) => !isCheckable(row))
  return [...receivedSeries(uncheckable, series, isKilled).values()]
    .filter(({ count }) => count !== 0)
    .map(({ count, labels, name }) => ({ name, labels, received: count }))
}

/**
 * The series of jobs and cluster that were expected, followed by those that must be zero: counts that were not expected,
 * counters without a series, and whatever goes up and down, because nothing is running any more.
 */
export const compare = (
  { all, exported }: Expected,
  series: ReadonlyArray<Series>,
  { isCheckable, isKilled }: CompareOptions
): ReadonlyArray<ComparedSeries> => {
  const checked = rows.filter(isCheckable)
  const received = receivedSeries(checked, series, isKilled)
  const exportedByKey = new Map(exported.map((one) => [seriesKey(one.name, one.labels), one]))
  const expectedKeys = new Set(all.map(({ labels, name }) => seriesKey(name, labels)))
  const expected = all.map((one) => {
    const key = seriesKey(one.name, one.labels)
    return compareSeries(one, exportedByKey.get(key) ?? { ...one, count: 0, values: [] }, received.get(key))
  })
  const unexpected = [...received]
    .filter(([key]) => !expectedKeys.has(key))
    .map(([, { count, labels, name }]) => expectZero({ name, labels, count }))
  const seen = new Set([...expected, ...unexpected].map(({ name }) => name))
  const absent = checked.filter(({ kind, name }) => kind !== "gauge" && !seen.has(name))
  const absentSeries = absent.map(({ name }) => expectZero({ name, labels: {}, count: 0 }))
  return [...expected, ...unexpected, ...absentSeries].sort(byName)
}

const byName = (left: ComparedSeries, right: ComparedSeries) =>
  order.indexOf(left.name) - order.indexOf(right.name) ||
  (seriesKey("", left.labels) < seriesKey("", right.labels) ? -1 : 1)

const expectZero = ({ count, ...rest }: { readonly name: string; readonly labels: Labels; readonly count: number }) =>
  withAgreement({ ...rest, received: count, expected: 0 })

const compareSeries = (
  { count, labels, name }: ExpectedSeries,
  exported: ExpectedSeries,
  received: ReceivedSeries | undefined
): ComparedSeries => {
  const lost = count - exported.count
  const counts = { name, labels, received: received?.count ?? 0, expected: count, ...(lost === 0 ? {} : { lost }) }
  if (exported.values.length === 0 || received?.histogram === undefined) {
    return withAgreement(counts)
  }
  const bounds = { atLeast: total(exported.values, "atLeast"), atMost: total(exported.values, "atMost") }
  const expected = bounds.atMost === Infinity ? { atLeast: bounds.atLeast } : bounds
  return withAgreement(
    { ...counts, sum: { received: received.histogram.sum ?? 0, expected } },
    bucketProblem(received.histogram, exported.values)
  )
}

const withAgreement = (one: Omit<ComparedSeries, "agreed" | "problem">, bucketProblem?: string): ComparedSeries => {
  const difference = one.received - (one.expected - (one.lost ?? 0))
  const problem =
    difference === 0
      ? (sumProblem(one.sum) ?? bucketProblem)
      : `${Math.abs(difference)} too ${difference > 0 ? "many" : "few"}`
  return problem === undefined ? { ...one, agreed: true } : { ...one, agreed: false, problem }
}

/** The rounding error of adding up many seconds. */
const roundingError = 1e-6

const sumProblem = (sum: ComparedSeries["sum"]): string | undefined => {
  if (sum === undefined) {
    return undefined
  }
  const { atLeast, atMost = Infinity } = sum.expected
  return sum.received >= atLeast - roundingError && sum.received <= atMost + roundingError
    ? undefined
    : `the sum ${sum.received} is not between ${atLeast} and ${atMost}`
}

/** The buckets must add up, and up to each boundary there must be as many measurements as their bounds allow. */
const bucketProblem = (
  { bucketCounts, count, explicitBounds }: Histogram,
  values: ReadonlyArray<Bounds>
): string | undefined => {
  const inBuckets = bucketCounts.reduce((sum, bucket) => sum + bucket, 0)
  if (inBuckets !== count) {
    return `the buckets add up to ${inBuckets}, not ${count}`
  }
  let below = 0
  for (const [index, boundary] of explicitBounds.entries()) {
    below += bucketCounts[index] ?? 0
    const fewest = values.filter(({ atMost }) => atMost <= boundary).length
    const most = values.filter(({ atLeast }) => atLeast <= boundary).length
    if (below < fewest || below > most) {
      return `${below} are at most ${boundary}, expected between ${fewest} and ${most}`
    }
  }
  return undefined
}

const total = (values: ReadonlyArray<Bounds>, side: keyof Bounds) => values.reduce((sum, value) => sum + value[side], 0)
