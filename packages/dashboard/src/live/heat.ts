/** How the values of each metric's distributions were spread over time: columns of buckets, all series together. */
import type { MetricDetail } from "../protocol/live.ts"
import { type Buckets, bucketsSince, type BucketSum, coarsen, makeBucketSum } from "./buckets.ts"
import { baseOf } from "./increase.ts"
import type { KnownMetric, KnownSeries } from "./inventory.ts"
import { distributionOf } from "./series-value.ts"

export interface Heat {
  /** A series has a new point. */
  readonly change: (one: KnownSeries, now: number) => void
  /** The columns of some metrics together; `undefined` where none is kept. */
  readonly of: (metrics: ReadonlyArray<KnownMetric>) => MetricDetail["heat"]
  readonly clear: () => void
}

interface Column {
  readonly time: number
  readonly buckets: Buckets
}

interface Kept {
  readonly recent: Array<Column>
  readonly sparse: Array<Column>
  pending: { readonly since: number; readonly sum: BucketSum }
  pendingSparse: { readonly since: number; readonly sum: BucketSum }
}

/** Metrics beyond this many have none. */
const maxMetrics = 200

const recent = { columns: 60, ms: 5_000 }
const sparse = { columns: 60, ms: 60_000 }

export const makeHeat = (): Heat => {
  const kept = new Map<KnownMetric, Kept>()
  return {
    change: (one, now) => {
      const after = distributionOf(one.current)
      const base = after === undefined ? undefined : baseOf(one)
      if (after === undefined || base === undefined) {
        return
      }
      const columns = kept.get(one.metric) ?? open(kept, one.metric, now)
      if (columns === undefined) {
        return
      }
      roll(columns, now)
      const before = base.series === undefined ? undefined : distributionOf(base.series)
      columns.pending.sum.add(bucketsSince(before, after))
    },
    of: (metrics) => {
      const columns = metrics.flatMap((metric) => {
        const of = kept.get(metric)
        return of === undefined ? [] : [columnsOf(of)]
      })
      return columns.length === 0 ? undefined : heatOf(columns.flat().sort((a, b) => a.time - b.time))
    },
    clear: () => kept.clear()
  }
}

const open = (kept: Map<KnownMetric, Kept>, metric: KnownMetric, now: number): Kept | undefined => {
  if (kept.size >= maxMetrics) {
    return undefined
  }
  const columns = { recent: [], sparse: [], pending: pendingAt(now), pendingSparse: pendingAt(now) }
  kept.set(metric, columns)
  return columns
}

const pendingAt = (since: number) => ({ since, sum: makeBucketSum() })

/** Begins the columns of this time. */
const roll = (kept: Kept, now: number): void => {
  if (now >= kept.pending.since && now - kept.pending.since < recent.ms) {
    return
  }
  const buckets = coarsen(kept.pending.sum.total())
  push(kept.recent, { time: kept.pending.since, buckets }, recent.columns)
  kept.pendingSparse.sum.add(buckets)
  kept.pending = pendingAt(now)
  if (now - kept.pendingSparse.since >= sparse.ms) {
    const column = { time: kept.pendingSparse.since, buckets: coarsen(kept.pendingSparse.sum.total()) }
    push(kept.sparse, column, sparse.columns)
    kept.pendingSparse = pendingAt(now)
  }
}

const push = (columns: Array<Column>, column: Column, limit: number): void => {
  if (column.buckets.bounds.length === 0) {
    return
  }
  columns.push(column)
  if (columns.length > limit) {
    columns.shift()
  }
}

const columnsOf = (kept: Kept): ReadonlyArray<Column> => {
  const first = kept.recent[0]?.time ?? Number.POSITIVE_INFINITY
  const pending = { time: kept.pending.since, buckets: coarsen(kept.pending.sum.total()) }
  const older = kept.sparse.filter(({ time }) => time + sparse.ms <= first)
  return [...older, ...kept.recent, pending].filter(({ buckets }) => buckets.bounds.length > 0)
}

/** Columns with one list of bounds; a count goes to the first bucket that reaches up to its own bound. */
const heatOf = (columns: ReadonlyArray<Column>): MetricDetail["heat"] => {
  const all = makeBucketSum()
  for (const { buckets } of columns) {
    all.add(buckets)
  }
  const bounds = coarsen(all.total()).bounds.filter(Number.isFinite)
  return {
    bounds,
    columns: columns.map(({ buckets, time }) => ({ time, counts: spread(buckets, bounds) }))
  }
}

const spread = (buckets: Buckets, bounds: ReadonlyArray<number>): ReadonlyArray<number> => {
  const counts = Array<number>(bounds.length + 1).fill(0)
  let at = 0
  buckets.bounds.forEach((bound, index) => {
    while (at < bounds.length && (bounds[at] ?? 0) < bound) {
      at += 1
    }
    counts[at] = (counts[at] ?? 0) + (buckets.counts[index] ?? 0)
  })
  return counts
}
