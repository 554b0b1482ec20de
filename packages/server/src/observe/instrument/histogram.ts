/**
 * Our own histogram hook. It records what Effect's does and shows the same state, true extremes included, and lets the
 * pipeline read its buckets as they are: building Effect's state for each series would be most of a collection's cost.
 */
import * as MetricHook from "effect/MetricHook"
import * as MetricState from "effect/MetricState"
import type { ExemplarSlots } from "./exemplar-slots.ts"
import type { ExponentialBuckets } from "./exponential-buckets.ts"
import type { Moment } from "./moment.ts"

/** What a histogram holds now. It is the storage itself: read it at once, and copy what is kept. */
export interface Buckets {
  readonly count: number
  readonly sum: number
  /** 0 while it is empty, as is the maximum. */
  readonly min: number
  readonly max: number
  /** One for each boundary, and one for what is above the last. Not added up. */
  readonly counts: ReadonlyArray<number>
  /** Of an exponential one. */
  readonly exponential: ExponentialBuckets | undefined
  /** Of one that keeps some. */
  readonly exemplars: ExemplarSlots | undefined
}

/** What a source counts that knows only buckets with boundaries. */
export type Counted = Omit<Buckets, "exponential" | "exemplars">

/** A hook with its buckets. */
export interface HistogramHook {
  readonly hook: MetricHook.MetricHook<number, MetricState.MetricState.Histogram>
  readonly buckets: Buckets
  /** What the hook does, for a value that came about at another moment. */
  readonly record: (value: number, at?: Moment) => void
  /** Makes it hold what a histogram of the same boundaries holds, whose source keeps its own count. */
  readonly replace: (now: Counted) => void
}

/** What a histogram has besides the counts between its boundaries. */
export type HistogramParts = Partial<Pick<Buckets, "exponential" | "exemplars">>

/** A histogram over finite, increasing boundaries, each inclusive above. */
export const makeHistogram = (
  boundaries: ReadonlyArray<number>,
  { exemplars, exponential }: HistogramParts = {}
): HistogramHook => {
  const last = boundaries.length
  const counts = [0, ...boundaries.map(() => 0)]
  const buckets = { count: 0, sum: 0, min: 0, max: 0, counts, exponential, exemplars }
  const record = (value: number, at?: Moment): void => {
    let index = 0
    while (index < last && !(value <= (boundaries[index] ?? Number.POSITIVE_INFINITY))) {
      index++
    }
    counts[index] = (counts[index] ?? 0) + 1
    buckets.min = buckets.count === 0 || value < buckets.min ? value : buckets.min
    buckets.max = buckets.count === 0 || value > buckets.max ? value : buckets.max
    buckets.count += 1
    buckets.sum += value
    buckets.exponential?.record(value)
    exemplars?.offer(index, value, at)
  }
  const get = (): MetricState.MetricState.Histogram => {
    let below = 0
    const cumulative = counts.map((count, index) => {
      below += count
      return [boundaries[index] ?? Number.POSITIVE_INFINITY, below] as const
    })
    const { count, max, min, sum } = buckets
    return MetricState.histogram({ buckets: cumulative, count, min, max, sum })
  }
  const replace = (now: Counted): void => {
    now.counts.forEach((count, index) => {
      counts[index] = count
    })
    buckets.count = now.count
    buckets.sum = now.sum
    buckets.min = now.min
    buckets.max = now.max
    // Its source says nothing of what they would hold.
    buckets.exponential = undefined
  }
  // What Effect hands to a hook is recorded where it is.
  const update = (value: number): void => record(value)
  return { hook: MetricHook.make({ get, update, modify: update }), buckets, record, replace }
}
