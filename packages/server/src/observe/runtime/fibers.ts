/**
 * Effect's fibers: what its own metrics `effect_fiber_*` have counted in this process, over all of their labels, with types
 * and in seconds. Those are left out of what is exported from then on.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import type * as Scope from "effect/Scope"
import { bind } from "../instrument/bind.ts"
import type { Counted } from "../instrument/histogram.ts"
import { InstrumentId, type Seconds } from "../instrument/instrument.ts"
import type { Meter } from "../instrument/meter.ts"
import { entries, type Entry, sizeOf } from "../instrument/registry.ts"
import { observeToTheEnd } from "../instrument/sampler.ts"
import { follow, type Recorded, raiseTo } from "./recorded.ts"

/** Effect's names. */
const names = {
  started: "effect_fiber_started",
  active: "effect_fiber_active",
  succeeded: "effect_fiber_successes",
  failed: "effect_fiber_failures",
  lifetimes: "effect_fiber_lifetimes"
} as const

/** Follows Effect's fiber metrics. */
export const observeFibers = ({ meter, runtime }: Recorded): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fibers = new FiberMetrics()
    // For good: the last export comes after this layer's scope has closed, and our counters are still in it.
    Object.values(names).forEach((name) => meter.replaced.add(name))
    const totals = [
      [runtime.fibersStarted, names.started],
      [runtime.fibersSucceeded, names.succeeded],
      [runtime.fibersFailed, names.failed]
    ] as const
    for (const [counter, name] of totals) {
      yield* follow(meter, { metric: counter, refresh: (now) => raiseTo(counter, fibers.total(name, now)) })
    }
    yield* observeToTheEnd(meter, runtime.fibersActive, (now) => [
      { labels: {}, value: fibers.total(names.active, now) }
    ])
    const { fiberLifetime } = runtime
    yield* follow(meter, {
      metric: fiberLifetime,
      refresh: (now) => {
        const before = told.get(meter) ?? { sum: 0, ofSource: 0, count: 0 }
        told.set(meter, showLifetimes(fiberLifetime, fibers.lifetimes(now), before))
      }
    })
  })

/** What was told of a sum, in seconds, and what the source said then; of a registry, whichever layers follow it. */
interface Sum {
  readonly sum: number
  readonly ofSource: number
  readonly count: number
}

const told = new WeakMap<Meter, Sum>()

/**
 * Effect takes lifetimes from the wall clock: one that is set while a fiber lives makes the lifetime as much longer or
 * shorter, below zero even. What can't be is left out: a sum that goes back, and more than the age of the process a fiber.
 */
const showLifetimes = (
  lifetime: Seconds<never>,
  states: ReadonlyArray<MetricState.MetricState.Histogram>,
  before: Sum
): Sum => {
  const now = secondsOf(states, lifetime[InstrumentId].boundaries ?? [])
  if (now.count === 0) {
    return before
  }
  const age = process.uptime()
  const within = (seconds: number, most: number): number => Math.min(Math.max(0, seconds), most)
  const sum = before.sum + within(now.sum - before.ofSource, (now.count - before.count) * age)
  bind(lifetime, {}).replace?.({ ...now, sum, min: within(now.min, age), max: within(now.max, age) })
  return { sum, ofSource: now.sum, count: now.count }
}

/** Effect's metrics of fibers in its global registry: one series for each set of `Effect.tagMetrics`. */
class FiberMetrics {
  private found: ReadonlyMap<string, ReadonlyArray<Entry>> = new Map()
  private foundAt: bigint | undefined
  private foundOf: number | undefined

  /** What the series of a counter have come to. */
  total(name: string, nowNanos: bigint): number {
    return this.states(name, nowNanos)
      .filter((state) => MetricState.isCounterState(state))
      .reduce((sum, { count }) => sum + Number(count), 0)
  }

  /** The states of all series of the lifetimes. */
  lifetimes(nowNanos: bigint): ReadonlyArray<MetricState.MetricState.Histogram> {
    return this.states(names.lifetimes, nowNanos).filter((state) => MetricState.isHistogramState(state))
  }

  private states(name: string, nowNanos: bigint): ReadonlyArray<unknown> {
    const size = sizeOf(Metric.globalMetricRegistry)
    // One walk for all metrics of one collection.
    if (this.foundAt !== nowNanos || this.foundOf !== size) {
      this.found = fiberEntries()
      this.foundAt = nowNanos
      this.foundOf = size
    }
    return (this.found.get(name) ?? []).map((entry) => entry.state())
  }
}

const fiberEntries = (): ReadonlyMap<string, ReadonlyArray<Entry>> => {
  const found = new Map<string, Array<Entry>>(Object.values(names).map((name) => [name, []]))
  for (const entry of entries(Metric.globalMetricRegistry)) {
    found.get(entry.key.name)?.push(entry)
  }
  return found
}

/**
 * Histograms of whole milliseconds as one of seconds. Each of our boundaries is one of Effect's, so that a bucket of theirs
 * is in one of ours.
 */
const secondsOf = (
  states: ReadonlyArray<MetricState.MetricState.Histogram>,
  boundaries: ReadonlyArray<number>
): Counted => {
  const counts = [...boundaries.map(() => 0), 0]
  for (const { buckets } of states) {
    let below = 0
    for (const [boundary, cumulative] of buckets) {
      const index = boundaries.findIndex((ours) => boundary / 1000 <= ours)
      const at = index === -1 ? boundaries.length : index
      counts[at] = (counts[at] ?? 0) + cumulative - below
      below = cumulative
    }
  }
  const filled = states.filter(({ count }) => count > 0)
  return {
    count: filled.reduce((all, { count }) => all + count, 0),
    sum: filled.reduce((all, { sum }) => all + sum, 0) / 1000,
    min: filled.reduce((least, { min }) => Math.min(least, min), Number.POSITIVE_INFINITY) / 1000,
    // Effect's maximum of zeros is the smallest number that there is.
    max: filled.reduce((most, { max }) => Math.max(most, max === Number.MIN_VALUE ? 0 : max), 0) / 1000,
    counts
  }
}
