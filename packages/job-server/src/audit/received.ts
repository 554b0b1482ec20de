/** What the receiver has of the job and cluster metrics, of all processes together. */
import type { Histogram, Series } from "@parametric-portal/dashboard/receiver"
import type { Row } from "@parametric-portal/server/observe/catalogue"
import { identityOf, type Labels } from "./expected.ts"

/** One series, over all processes. */
export interface Received {
  readonly name: string
  readonly labels: Labels
  readonly count: number
  readonly histogram?: Histogram
}

/**
 * Counts and histograms are added up; so is what each process has now, where the process is not gone. What one process
 * says for the whole cluster is taken from the one that said it last.
 */
export const receivedOf = (
  rows: ReadonlyArray<Row>,
  series: ReadonlyArray<Series>,
  isGone: (one: Series) => boolean
): ReadonlyMap<string, Received> => {
  const known = new Map(rows.map((row) => [row.name, row]))
  const received = new Map<string, Received>()
  const oldestFirst = [...series].sort((left, right) => (left.timeUnixNano < right.timeUnixNano ? -1 : 1))
  for (const one of oldestFirst) {
    const row = known.get(one.name)
    const isNow = row?.kind === "gauge" || row?.kind === "upDownCounter"
    if (row === undefined || (isNow && isGone(one))) continue
    const labels = labelsOf(one.attributes)
    const id = identityOf(one.name, labels)
    const before = row.scope === "cluster" ? undefined : received.get(id)
    received.set(id, together(before ?? { name: one.name, labels, count: 0 }, one))
  }
  return received
}

const together = (before: Received, one: Series): Received => {
  if (one.kind === "histogram") {
    return { ...before, count: before.count + one.total.count, histogram: added(before.histogram, one.total) }
  }
  return one.kind === "sum" || one.kind === "gauge" ? { ...before, count: before.count + one.total } : before
}

const labelsOf = (attributes: Series["attributes"]): Labels =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))

/** Two histograms of the same boundaries together. */
const added = (before: Histogram | undefined, { bucketCounts, count, explicitBounds, sum }: Histogram): Histogram => ({
  count: (before?.count ?? 0) + count,
  sum: (before?.sum ?? 0) + (sum ?? 0),
  bucketCounts: bucketCounts.map((bucket, index) => bucket + (before?.bucketCounts[index] ?? 0)),
  explicitBounds
})
