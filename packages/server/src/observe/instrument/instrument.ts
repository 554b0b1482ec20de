/**
 * A catalogue row becomes an Effect `Metric` in a registry. The metric canonicalises labels on writing and on reading,
 * refuses amounts that can't be, and folds what is over its limit of series into one overflow series.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import type * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"
import type * as MetricRegistry from "effect/MetricRegistry"
import type * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Row } from "../catalogue.ts"
import { closedCombinations } from "./closed.ts"
import { type Canonical, canonical, identity } from "../catalogue/label.ts"
import { forget } from "./registry.ts"
import { type Opened, open, type Series, type SeriesState } from "./series.ts"

/** The property of a handle that leads to its instrument. */
export const InstrumentId: unique symbol = Symbol.for("@parametric-portal/server/Instrument")

/** What every handle has besides being a `Metric`: its row and, in its type, its label names. */
export interface Declared<Label extends string> {
  readonly row: Row
  readonly labelNames: ReadonlyArray<Label>
  readonly [InstrumentId]: Instrument
}

/** A monotonic counter. */
export type Counter<Label extends string = string> = Metric.Metric.Counter<number> & Declared<Label>

/** A gauge: `Metric.set` sets, `MetricsService.gauge` and `Metric.incrementBy` add. */
export type Gauge<Label extends string = string> = Metric.Metric.Gauge<number> & Declared<Label>

/** A histogram of durations: it takes a `Duration` and holds seconds. */
export type Seconds<Label extends string = string> = Metric.Metric<
  MetricKeyType.MetricKeyType.Histogram,
  Duration.Duration,
  MetricState.MetricState.Histogram
> &
  Declared<Label>

/** A histogram of counts. */
export type Distribution<Label extends string = string> = Metric.Metric.Histogram<number> & Declared<Label>

/** The handle of a row. */
export type HandleOf<R extends Row> = R["kind"] extends "counter"
  ? Counter<R["labels"][number]>
  : R["kind"] extends "histogram"
    ? R["unit"] extends "s"
      ? Seconds<R["labels"][number]>
      : Distribution<R["labels"][number]>
    : Gauge<R["labels"][number]>

/** The handles of a namespace. */
export type HandlesOf<Rs extends Readonly<Record<string, Row>>> = { readonly [K in keyof Rs]: HandleOf<Rs[K]> }

/** A row with what was decided about it. */
export interface Definition {
  readonly row: Row
  /** Of a histogram. */
  readonly boundaries: ReadonlyArray<number> | undefined
  readonly limit: number
}

/** What an instrument reports to those that keep count of refusals, and asks them. */
export interface Keeper {
  readonly registry: MetricRegistry.MetricRegistry
  readonly refused: (row: Row, amount: number) => void
  readonly folded: (instrument: Instrument) => void
  readonly refresh: (instrument: Instrument, nowNanos: bigint) => void
}

/** The label of the overflow series, as the OpenTelemetry specification names it. */
export const overflowLabel = "otel.metric.overflow"

const overflowLabels: Canonical = [MetricLabel.make(overflowLabel, "true")]

/** An instrument: a row with its boundaries and limit, and all of its series in one registry. */
export class Instrument {
  readonly row: Row
  readonly boundaries: ReadonlyArray<number> | undefined
  readonly keeper: Keeper
  readonly handle: Metric.Metric<unknown, unknown, SeriesState> & Declared<string>
  /** At most this many series, the overflow series included. */
  limit: number
  private readonly isSigned: boolean
  private readonly opened: Opened
  private readonly series = new Map<string, Series>()
  private byTags = new WeakMap<ReadonlyArray<MetricLabel.MetricLabel>, Series>()
  private overflow: Series | undefined

  constructor({ boundaries, limit, row }: Definition, keeper: Keeper) {
    this.row = row
    this.boundaries = boundaries
    this.limit = limit
    this.keeper = keeper
    this.isSigned = row.kind === "gauge" || row.kind === "upDownCounter"
    this.opened = open(keeper.registry, row, boundaries ?? [])
    this.handle = makeHandle(this, this.opened.keyType)
  }

  /** All series, the overflow series last. */
  all(): IterableIterator<Series> {
    return this.overflow === undefined ? this.series.values() : withLast(this.series.values(), this.overflow)
  }

  get size(): number {
    return this.series.size + (this.overflow === undefined ? 0 : 1)
  }

  /** The series of these labels, created when there is none: the overflow series once the limit is reached. */
  resolve(labels: Canonical): Series {
    const id = identity(labels)
    const found = this.series.get(id)
    if (found !== undefined) {
      return found
    }
    if (this.series.size < this.limit - 1) {
      const created = this.bind(labels, false)
      this.series.set(id, created)
      if (this.row.kind === "counter" && this.row.closed !== undefined && this.overflow === undefined) {
        closedCombinations(this.row, labels).forEach((sibling) => this.resolve(sibling))
      }
      return created
    }
    if (this.overflow === undefined) {
      this.overflow = this.bind(overflowLabels, true)
    }
    return this.overflow
  }

  /** The series of these labels, if it exists; asking creates none. */
  find(labels: Canonical): Series | undefined {
    const id = identity(labels)
    return this.series.get(id) ?? (id === overflowIdentity ? this.overflow : undefined)
  }

  /** The series of what Effect hands to a metric: its own labels and the ambient ones in one list. */
  resolveTags(tags: ReadonlyArray<MetricLabel.MetricLabel>): Series {
    const cached = this.byTags.get(tags)
    if (cached !== undefined) {
      return cached
    }
    const series = this.resolve(canonicalTags(tags))
    this.byTags.set(tags, series)
    return series
  }

  /** Records what Effect hands to a metric. A gauge without a number stays absent: 0 would be a number nobody gave. */
  updateTags(amount: number, tags: ReadonlyArray<MetricLabel.MetricLabel>, how: "record" | "add"): void {
    if (this.isSigned && !Number.isFinite(amount)) {
      this.keeper.refused(this.row, amount)
    } else {
      this.resolveTags(tags)[how](amount)
    }
  }

  /** The state of the series of these labels, a zero state where there is none. */
  read(labels: Canonical): SeriesState {
    this.keeper.refresh(this, clockOfFiber().unsafeCurrentTimeNanos())
    return this.find(labels)?.state() ?? this.opened.zero()
  }

  /** Removes every series that the predicate picks, the overflow series included; how many there were. */
  remove(isGone: (labels: Canonical) => boolean): number {
    const before = this.size
    for (const [id, series] of this.series) {
      if (isGone(series.labels)) {
        this.series.delete(id)
        this.forget(series)
      }
    }
    if (this.overflow !== undefined && isGone(this.overflow.labels)) {
      this.forget(this.overflow)
      this.overflow = undefined
    }
    this.byTags = new WeakMap()
    return before - this.size
  }

  private forget(series: Series): void {
    series.isRemoved = true
    forget(this.keeper.registry, series.key)
  }

  private bind(labels: Canonical, isOverflow: boolean): Series {
    const { isSigned, keeper, row } = this
    const { buckets, hook, key } = this.opened.hook(labels)
    const guarded =
      (write: (amount: number) => void) =>
      (amount: number): void => {
        if (amount < Number.POSITIVE_INFINITY && (isSigned ? amount > Number.NEGATIVE_INFINITY : amount >= 0)) {
          if (isOverflow) {
            keeper.folded(this)
          }
          write(amount)
        } else {
          keeper.refused(row, amount)
        }
      }
    return {
      labels,
      key,
      startNanos: justBefore(clockOfFiber()),
      isOverflow,
      isRemoved: false,
      record: guarded(hook.update),
      add: guarded(hook.modify),
      buckets,
      state: hook.get
    }
  }
}

const withLast = function* <A>(first: Iterable<A>, last: A): Generator<A> {
  yield* first
  yield last
}

/** The clock of the fiber that runs now, so that a test's clock is honoured; the live clock outside of any fiber. */
export const clockOfFiber = (): Clock.Clock =>
  Option.match(Fiber.getCurrentFiber(), {
    onNone: () => Context.get(DefaultServices.liveServices, Clock.Clock),
    onSome: (fiber) => Context.get(fiber.currentDefaultServices, Clock.Clock)
  })

/** The labels handed to a metric, those of them under the others that are the ambient ones of the fiber that runs now. */
const canonicalTags = (tags: ReadonlyArray<MetricLabel.MetricLabel>): Canonical => {
  const ambient = Option.match(Fiber.getCurrentFiber(), {
    onNone: () => [],
    onSome: (fiber) => fiber.getFiberRef(FiberRef.currentMetricLabels)
  })
  if (ambient.length === 0 || tags === ambient) {
    return tags === ambient ? canonical([], ambient) : canonical(tags)
  }
  const isAmbient = new Set(ambient)
  return canonical(
    tags.filter((tag) => !isAmbient.has(tag)),
    tags.filter((tag) => isAmbient.has(tag))
  )
}

const makeHandle = (instrument: Instrument, keyType: unknown): Instrument["handle"] => {
  const { row } = instrument
  const amount = row.kind === "histogram" && row.unit === "s" ? seconds : count
  const metric = Metric.make<unknown, unknown, SeriesState>(
    keyType,
    (input, tags) => instrument.updateTags(amount(input), tags, "record"),
    (tags) => instrument.read(canonicalTags(tags)),
    (input, tags) => instrument.updateTags(amount(input), tags, "add")
  )
  return Object.assign(metric, {
    row,
    labelNames: row.labels,
    [InstrumentId]: instrument,
    register: () => {
      instrument.resolve([])
      return instrument.handle
    }
  })
}

// What the types rule out still must not throw where it is recorded: it becomes NaN, which is refused and counted.
const seconds = (input: unknown): number => (Duration.isDuration(input) ? Duration.toSeconds(input) : Number.NaN)

const count = (input: unknown): number => (Predicate.isNumber(input) ? input : Number.NaN)

const justBefore = (clock: Clock.Clock): bigint => {
  const nanos = clock.unsafeCurrentTimeNanos() - 1_000_000n
  return nanos > 0n ? nanos : 0n
}

const overflowIdentity = identity(overflowLabels)
