/**
 * For tests of code that records metrics: a registry of its own, and whole, readable values to compare. Everything here
 * reads what any exporter would read.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import * as MetricState from "effect/MetricState"
import { type Declared, InstrumentId } from "./instrument/instrument.ts"
import type { Pairs } from "./catalogue/label.ts"
import { type DefineOptions, MetricsService } from "./metrics.ts"
import type { SeriesState } from "./instrument/series.ts"
import { canonical, type Canonical, label } from "./instrument/label.ts"

/** What a histogram holds: bucket counts by upper boundary (not added up), no min or max while it is empty. */
export interface HistogramValue {
  readonly count: number
  readonly sum: number
  readonly min?: number
  readonly max?: number
  readonly buckets: Readonly<Record<string, number>>
}

/** The value of a series. */
export type Value = number | HistogramValue

/** All series by their text, `jobs_enqueued_total{job_type="digest",operation="submit"}`, labels sorted by name. */
export type Snapshot = Readonly<Record<string, Value>>

/** How much each series moved; of a histogram, how many values and their sum. Series that did not move are left out. */
export type Delta = Readonly<Record<string, number | { readonly count: number; readonly sum: number }>>

/** The series that moved are not the expected ones. */
export class UnexpectedDelta extends Data.TaggedError("UnexpectedDelta")<{
  readonly expected: Delta
  readonly actual: Delta
}> {
  override get message(): string {
    return `expected ${JSON.stringify(this.expected, null, 2)}\nbut moved ${JSON.stringify(this.actual, null, 2)}`
  }
}

/** What came in is not what went out and is still held. */
export class NotConserved extends Data.TaggedError("NotConserved")<{
  readonly enqueued: number
  readonly replays: number
  readonly completed: number
  readonly cancelled: number
  readonly deadLettered: number
  readonly held: number
}> {
  override get message(): string {
    return (
      `${this.enqueued} enqueued + ${this.replays} replays is not ${this.completed} completed + ` +
      `${this.cancelled} cancelled + ${this.deadLettered} dead-lettered + ${this.held} held`
    )
  }
}

/** `MetricsService` in a registry of its own: nothing leaks into another test, or into the process. */
export const layer = (options: DefineOptions = {}): Layer.Layer<MetricsService> =>
  Layer.orDie(MetricsService.layer({ ...options, registry: "own" }))

/** Everything that the registry of the `MetricsService` holds now. */
export const snapshot: Effect.Effect<Snapshot, never, MetricsService> = Effect.gen(function* () {
  const { meter } = yield* MetricsService
  const now = yield* Clock.currentTimeNanos
  const values: Record<string, Value> = {}
  for (const instrument of meter.collect(now)) {
    for (const series of instrument.all()) {
      values[seriesText(instrument.row.name, series.labels)] = valueOf(series.state())
    }
  }
  return values
})

/** The value of one series, or undefined while it does not exist; asking creates none. Labels in any order. */
export const read = <Label extends string>(
  handle: Pick<Declared<Label>, typeof InstrumentId | "labelNames">,
  pairs: Pairs<NoInfer<Label>>
): Effect.Effect<Value | undefined> =>
  Effect.map(Clock.currentTimeNanos, (now) => {
    const instrument = handle[InstrumentId]
    instrument.keeper.refresh(instrument, now)
    const series = instrument.find(canonical(label(pairs)))
    return series === undefined ? undefined : valueOf(series.state())
  })

/** What moved between two snapshots. */
export const diff = (before: Snapshot, after: Snapshot): Delta => {
  const moved: Record<string, Delta[string]> = {}
  for (const text of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const change = changeOf(before[text], after[text])
    if (change !== undefined) {
      moved[text] = change
    }
  }
  return moved
}

/** What an effect moved, whatever its outcome. */
export const deltaOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Delta, never, R | MetricsService> =>
  Effect.gen(function* () {
    const before = yield* snapshot
    yield* Effect.exit(effect)
    return diff(before, yield* snapshot)
  })

/** Fails unless the effect moves exactly these series by these amounts. */
export const expectDelta = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  expected: Delta
): Effect.Effect<void, UnexpectedDelta, R | MetricsService> =>
  Effect.flatMap(deltaOf(effect), (actual) =>
    Equal.equals(comparable(actual), comparable(expected))
      ? Effect.void
      : Effect.fail(new UnexpectedDelta({ expected, actual }))
  )

/** Fails unless enqueued + replays = completed + cancelled + dead-lettered + held, over all labels. */
export const expectConserved = (held: number): Effect.Effect<void, NotConserved, MetricsService> =>
  Effect.flatMap(MetricsService, ({ jobs }) => {
    const total = (handle: Pick<Declared<string>, typeof InstrumentId>): number => {
      let sum = 0
      for (const series of handle[InstrumentId].all()) {
        const value = valueOf(series.state())
        sum += typeof value === "number" ? value : 0
      }
      return sum
    }
    const sides = {
      enqueued: total(jobs.enqueued),
      replays: total(jobs.replays),
      completed: total(jobs.completions),
      cancelled: total(jobs.cancellations),
      deadLettered: total(jobs.deadLettered),
      held
    }
    return sides.enqueued + sides.replays === sides.completed + sides.cancelled + sides.deadLettered + sides.held
      ? Effect.void
      : Effect.fail(new NotConserved(sides))
  })

/** Removes every series of the registry of the `MetricsService`. */
export const reset: Effect.Effect<void, never, MetricsService> = Effect.gen(function* () {
  const { meter } = yield* MetricsService
  for (const instrument of meter.collect(yield* Clock.currentTimeNanos)) {
    meter.remove(instrument, () => true)
  }
})

const seriesText = (name: string, labels: Canonical): string =>
  labels.length === 0 ? name : `${name}{${labels.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).join(",")}}`

const valueOf = (state: SeriesState): Value => {
  if (MetricState.isHistogramState(state)) {
    return histogramValue(state)
  }
  return Number("value" in state ? state.value : state.count)
}

const histogramValue = ({ buckets, count, max, min, sum }: MetricState.MetricState.Histogram): HistogramValue => ({
  count,
  sum,
  ...(count === 0 ? {} : { min, max }),
  buckets: Object.fromEntries(
    buckets.map(([boundary, below], index) => [
      Number.isFinite(boundary) ? String(boundary) : "+Inf",
      below - (buckets[index - 1]?.[1] ?? 0)
    ])
  )
})

const changeOf = (before: Value | undefined, after: Value | undefined): Delta[string] | undefined => {
  if (typeof before === "object" || typeof after === "object") {
    const [was, is] = [asHistogram(before), asHistogram(after)]
    return was.count === is.count ? undefined : { count: is.count - was.count, sum: is.sum - was.sum }
  }
  const change = (after ?? 0) - (before ?? 0)
  return change === 0 ? undefined : change
}

const asHistogram = (value: Value | undefined): Pick<HistogramValue, "count" | "sum"> =>
  typeof value === "object" ? value : { count: 0, sum: 0 }

const comparable = (delta: Delta): unknown =>
  Data.struct(
    Object.fromEntries(
      Object.entries(delta).map(([text, change]) => [text, typeof change === "object" ? Data.struct(change) : change])
    )
  )
