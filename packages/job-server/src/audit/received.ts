/** The series of the catalogue that the receiver has, added up over all processes. */
import type { Histogram, Series } from "@parametric-portal/dashboard/receiver"
import { otlpAttribute, otlpName, type Row } from "@parametric-portal/server/observe/catalogue"
import { type Labels, seriesKey } from "./expected.ts"

export interface ReceivedSeries {
  readonly name: string
  readonly labels: Labels
  readonly count: number
  readonly histogram?: Histogram
}

/**
 * Counters and histograms of all processes are added up, and gauges of those that still run. A gauge that one process
 * reports for the whole cluster is taken from the process that reported it last.
 */
export const receivedSeries = (
  rows: ReadonlyArray<Row>,
  series: ReadonlyArray<Series>,
  isKilled: (one: Series) => boolean
): ReadonlyMap<string, ReceivedSeries> => {
  const rowOf = new Map(rows.map((row) => [otlpName(row), row]))
  const received = new Map<string, ReceivedSeries>()
  const oldestFirst = [...series].sort((left, right) => (left.timeUnixNano < right.timeUnixNano ? -1 : 1))
  for (const one of oldestFirst) {
    const row = rowOf.get(one.name)
    const isCurrentState = row?.kind === "gauge" || row?.kind === "upDownCounter"
    if (row === undefined || (isCurrentState && isKilled(one))) {
      continue
    }
    const labels = labelsOf(row, one.attributes)
    const key = seriesKey(row.name, labels)
    const before = row.scope === "cluster" ? undefined : received.get(key)
    received.set(key, add(before ?? { name: row.name, labels, count: 0 }, one))
  }
  return received
}

const add = (before: ReceivedSeries, one: Series): ReceivedSeries => {
  if (one.kind === "histogram") {
    return { ...before, count: before.count + one.total.count, histogram: addHistogram(before.histogram, one.total) }
  }
  return one.kind === "sum" || one.kind === "gauge" ? { ...before, count: before.count + one.total } : before
}

const labelsOf = (row: Row, attributes: Series["attributes"]): Labels => {
  const labelOf = new Map(row.labels.map((label) => [otlpAttribute(row, label), label]))
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [labelOf.get(name) ?? name, String(value)])
  )
}

/** All processes have the same boundaries. */
const addHistogram = (
  before: Histogram | undefined,
  { bucketCounts, count, explicitBounds, sum }: Histogram
): Histogram => ({
  count: (before?.count ?? 0) + count,
  sum: (before?.sum ?? 0) + (sum ?? 0),
  bucketCounts: bucketCounts.map((bucket, index) => bucket + (before?.bucketCounts[index] ?? 0)),
  explicitBounds
})
