/** Received beside true, series by series: what agrees, what does not, and what must be zero. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import type { Histogram, Series } from "@parametric-portal/dashboard/receiver"
import type { Between } from "./ledger.ts"
import { type Expected, identityOf, type Labels } from "./truth.ts"

/**
 * One line of the comparison. `received` and `truth` are what was counted; of a histogram, how many measurements. A sum
 * is between two numbers, as the ledger measured within and around what the library measured.
 */
export interface Line {
  readonly name: string
  readonly labels: Labels
  readonly received: number
  readonly truth: number
  readonly sum?: { readonly received: number; readonly truth: Between }
  readonly agreed: boolean
  /** Why not, if it does not agree. */
  readonly problem?: string
}

/** What the receiver has of one series, of all processes together. */
interface Received {
  readonly name: string
  readonly labels: Labels
  count: number
  histogram?: Histogram
}

const rows: ReadonlyArray<Row> = [...Object.values(catalogue.jobs), ...Object.values(catalogue.cluster)]

/**
 * Every job and cluster metric that moved or should have, then those that must be zero: counts that were not expected,
 * and whatever goes up and down, as nothing runs any more.
 */
export const compare = (expected: ReadonlyArray<Expected>, series: ReadonlyArray<Series>): ReadonlyArray<Line> => {
  const received = receivedBy(series)
  const known = new Set(expected.map(({ labels, name }) => identityOf(name, labels)))
  const moved = expected.map((one) => lineOf(one, received.get(identityOf(one.name, one.labels))))
  const others = [...received].filter(([id]) => !known.has(id)).map(([, one]) => zeroLine(one))
  const seen = new Set([...moved, ...others].map(({ name }) => name))
  const silent = rows.filter(({ kind, name }) => kind !== "gauge" && !seen.has(name)).map(silentLine)
  const order = rows.map(({ name }) => name)
  return [...moved, ...others, ...silent].sort(
    (left, right) =>
      order.indexOf(left.name) - order.indexOf(right.name) ||
      (identityOf("", left.labels) < identityOf("", right.labels) ? -1 : 1)
  )
}

const lineOf = (expected: Expected, received: Received | undefined): Line => {
  const { labels, name } = expected
  const count = received?.count ?? 0
  if (expected.kind === "count") return judged({ name, labels, received: count, truth: expected.value })
  const { values } = expected
  const truth = { atLeast: total(values, "atLeast"), atMost: total(values, "atMost") }
  const line = {
    name,
    labels,
    received: count,
    truth: values.length,
    sum: { received: received?.histogram?.sum ?? 0, truth }
  }
  return judged(line, received?.histogram === undefined ? undefined : histogramProblem(received.histogram, values))
}

const judged = (line: Omit<Line, "agreed" | "problem">, problem?: string): Line => {
  const difference = line.received - line.truth
  const found =
    difference === 0
      ? (sumProblem(line.sum) ?? problem)
      : `${Math.abs(difference)} too ${difference > 0 ? "many" : "few"}`
  return found === undefined ? { ...line, agreed: true } : { ...line, agreed: false, problem: found }
}

/** What binary fractions lose when many seconds are added up. */
const rounding = 1e-6

const sumProblem = (sum: Line["sum"]): string | undefined =>
  sum === undefined || (sum.received >= sum.truth.atLeast - rounding && sum.received <= sum.truth.atMost + rounding)
    ? undefined
    : `the sum ${sum.received} s is not between ${sum.truth.atLeast} and ${sum.truth.atMost}`

/** The buckets add up, and up to each boundary there are as many measurements as the ledger allows for. */
const histogramProblem = (
  { bucketCounts, count, explicitBounds }: Histogram,
  values: ReadonlyArray<Between>
): string | undefined => {
  const inBuckets = bucketCounts.reduce((sum, bucket) => sum + bucket, 0)
  if (inBuckets !== count) return `the buckets hold ${inBuckets} of ${count}`
  let below = 0
  for (const [index, boundary] of explicitBounds.entries()) {
    below += bucketCounts[index] ?? 0
    const surely = values.filter(({ atMost }) => atMost <= boundary).length
    const perhaps = values.filter(({ atLeast }) => atLeast <= boundary).length
    if (below < surely || below > perhaps) {
      return `${below} are at most ${boundary} s, the truth is between ${surely} and ${perhaps}`
    }
  }
  return undefined
}

/** A series that nothing in the ledger moved: a counter is zero, and so is what goes up and down when all is done. */
const zeroLine = ({ count, labels, name }: Received): Line => judged({ name, labels, received: count, truth: 0 })

const silentLine = ({ name }: Row): Line => judged({ name, labels: {}, received: 0, truth: 0 })

const receivedBy = (series: ReadonlyArray<Series>): ReadonlyMap<string, Received> => {
  const names = new Set(rows.map(({ name }) => name))
  const received = new Map<string, Received>()
  for (const one of series) {
    if (!names.has(one.name)) continue
    const labels = labelsOf(one.attributes)
    const id = identityOf(one.name, labels)
    const before = received.get(id) ?? { name: one.name, labels, count: 0 }
    if (one.kind === "histogram") {
      received.set(id, {
        ...before,
        count: before.count + one.total.count,
        histogram: added(before.histogram, one.total)
      })
    } else if (one.kind === "sum" || one.kind === "gauge") {
      received.set(id, { ...before, count: before.count + one.total })
    }
  }
  return received
}

const labelsOf = (attributes: Series["attributes"]): Labels =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))

/** Two histograms of the same boundaries, of two processes, together. */
const added = (before: Histogram | undefined, { bucketCounts, count, explicitBounds, sum }: Histogram): Histogram => ({
  count: (before?.count ?? 0) + count,
  sum: (before?.sum ?? 0) + (sum ?? 0),
  bucketCounts: bucketCounts.map((bucket, index) => bucket + (before?.bucketCounts[index] ?? 0)),
  explicitBounds
})

const total = (values: ReadonlyArray<Between>, side: keyof Between) =>
  values.reduce((sum, value) => sum + value[side], 0)
