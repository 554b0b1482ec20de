/** Received beside true, series by series: what agrees, what does not, and what must be zero. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import type { Series } from "@parametric-portal/dashboard/receiver"
import { type Received, receivedOf } from "./received.ts"
import { type Between, identityOf, type Labels, type True } from "./expected.ts"

/**
 * One line of the comparison. `received` and `truth` are what was counted; of a histogram, how many measurements. `lost`
 * is what a killed process did after its last export that was acknowledged: it is known exactly, and missing exactly.
 */
export interface Line {
  readonly name: string
  readonly labels: Labels
  readonly received: number
  readonly truth: number
  readonly lost?: number
  /** Of a histogram: the sum that was received, and between what the ledger says that it lies. */
  readonly sum?: { readonly received: number; readonly truth: { readonly atLeast: number; readonly atMost?: number } }
  readonly agreed: boolean
  /** Why not, if it does not agree. */
  readonly problem?: string
}

/** What really happened, and how much of it reached an export that was acknowledged: all of it, unless a process was killed. */
export interface Truth {
  readonly whole: ReadonlyArray<True>
  readonly exported: ReadonlyArray<True>
}

const rows: ReadonlyArray<Row> = [...Object.values(catalogue.jobs), ...Object.values(catalogue.cluster)]
const order = rows.map(({ name }) => name)

/** What the runner does inside of itself, and ages: nothing stands beside the library to see them. */
const inside: ReadonlySet<string> = new Set(
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

/** Which metrics have a witness. What is sampled has one only when everything had settled before it was sampled last. */
export const witnessOf =
  (isSettled: boolean) =>
  ({ kind, name }: Row): boolean =>
    !inside.has(name) && (isSettled || kind !== "gauge")

/** How to compare: which series are of processes that were killed, and which metrics have a witness. */
export interface Comparing {
  readonly isGone: (one: Series) => boolean
  readonly witness: (row: Row) => boolean
}

/** What was received of metrics that have no witness: it is shown, and says nothing about agreement. */
export interface Unwitnessed {
  readonly name: string
  readonly labels: Labels
  readonly received: number
}

export const unwitnessedOf = (
  series: ReadonlyArray<Series>,
  { isGone, witness }: Comparing
): ReadonlyArray<Unwitnessed> => {
  const unwitnessed = rows.filter((row) => !witness(row))
  return [...receivedOf(unwitnessed, series, isGone).values()]
    .filter(({ count }) => count !== 0)
    .map(({ count, labels, name }) => ({ name, labels, received: count }))
}

/**
 * Every job and cluster metric that moved or should have, then those that must be zero: counts that were not expected,
 * and whatever goes up and down, as nothing runs any more.
 */
export const compare = (
  { exported, whole }: Truth,
  series: ReadonlyArray<Series>,
  { isGone, witness }: Comparing
): ReadonlyArray<Line> => {
  const witnessed = rows.filter(witness)
  const received = receivedOf(witnessed, series, isGone)
  const arrived = new Map(exported.map((one) => [identityOf(one.name, one.labels), one]))
  const known = new Set(whole.map(({ labels, name }) => identityOf(name, labels)))
  const moved = whole.map((one) => {
    const id = identityOf(one.name, one.labels)
    return lineOf(one, arrived.get(id) ?? { ...one, count: 0, values: [] }, received.get(id))
  })
  const others = [...received]
    .filter(([id]) => !known.has(id))
    .map(([, { count, labels, name }]) => zero({ name, labels, count }))
  const seen = new Set([...moved, ...others].map(({ name }) => name))
  const silent = witnessed.filter(({ kind, name }) => kind !== "gauge" && !seen.has(name))
  return [...moved, ...others, ...silent.map(({ name }) => zero({ name, labels: {}, count: 0 }))].sort(byName)
}

const byName = (left: Line, right: Line) =>
  order.indexOf(left.name) - order.indexOf(right.name) ||
  (identityOf("", left.labels) < identityOf("", right.labels) ? -1 : 1)

const zero = ({ count, ...rest }: { readonly name: string; readonly labels: Labels; readonly count: number }) =>
  judged({ ...rest, received: count, truth: 0 })

const lineOf = ({ count, labels, name }: True, exported: True, received: Received | undefined): Line => {
  const lost = count - exported.count
  const line = { name, labels, received: received?.count ?? 0, truth: count, ...(lost === 0 ? {} : { lost }) }
  if (exported.values.length === 0 || received?.histogram === undefined) return judged(line)
  const between = { atLeast: total(exported.values, "atLeast"), atMost: total(exported.values, "atMost") }
  const truth = between.atMost === Infinity ? { atLeast: between.atLeast } : between
  return judged(
    { ...line, sum: { received: received.histogram.sum ?? 0, truth } },
    problemOf(received, exported.values)
  )
}

const judged = (line: Omit<Line, "agreed" | "problem">, problem?: string): Line => {
  const difference = line.received - (line.truth - (line.lost ?? 0))
  const found =
    difference === 0
      ? (sumProblem(line.sum) ?? problem)
      : `${Math.abs(difference)} too ${difference > 0 ? "many" : "few"}`
  return found === undefined ? { ...line, agreed: true } : { ...line, agreed: false, problem: found }
}

/** What binary fractions lose when many seconds are added up. */
const rounding = 1e-6

const sumProblem = (sum: Line["sum"]): string | undefined => {
  if (sum === undefined) return undefined
  const { atLeast, atMost = Infinity } = sum.truth
  return sum.received >= atLeast - rounding && sum.received <= atMost + rounding
    ? undefined
    : `the sum ${sum.received} is not between ${atLeast} and ${atMost}`
}

/** The buckets add up, and up to each boundary there are as many measurements as the ledger allows for. */
const problemOf = ({ histogram }: Received, values: ReadonlyArray<Between>): string | undefined => {
  if (histogram === undefined) return undefined
  const { bucketCounts, count, explicitBounds } = histogram
  const inBuckets = bucketCounts.reduce((sum, bucket) => sum + bucket, 0)
  if (inBuckets !== count) return `the buckets hold ${inBuckets} of ${count}`
  let below = 0
  for (const [index, boundary] of explicitBounds.entries()) {
    below += bucketCounts[index] ?? 0
    const surely = values.filter(({ atMost }) => atMost <= boundary).length
    const perhaps = values.filter(({ atLeast }) => atLeast <= boundary).length
    if (below < surely || below > perhaps) {
      return `${below} are at most ${boundary}, the truth is between ${surely} and ${perhaps}`
    }
  }
  return undefined
}

const total = (values: ReadonlyArray<Between>, side: keyof Between) =>
  values.reduce((sum, value) => sum + value[side], 0)
