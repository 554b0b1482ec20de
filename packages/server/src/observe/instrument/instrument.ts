/**
 * A catalogue row becomes an Effect `Metric` in a registry. The metric canonicalises labels on writing and on reading,
 * refuses amounts that can't be, and folds what is over its limit of series into one overflow series.
 */
import type * as Duration from "effect/Duration"
import * as HashSet from "effect/HashSet"
import * as Metric from "effect/Metric"
import type * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"
import type * as MetricRegistry from "effect/MetricRegistry"
import type * as MetricState from "effect/MetricState"
import type { ExemplarFilter } from "../catalogue/exemplar.ts"
import type { HistogramKind, Row } from "../catalogue/row.ts"
import type { Decided } from "./decided.ts"
import { count, seconds } from "./amount.ts"
import { closedCombinations } from "./closed.ts"
import { detached } from "../catalogue/clean-text.ts"
import { identity } from "../catalogue/label.ts"
import { forget } from "./registry.ts"
import { type Opened, open, type Series, type SeriesState } from "./series.ts"
import { Bindings, type Epoch } from "./bindings.ts"
import { declaredLabels } from "./declared-labels.ts"
import { clockOf, currentFiber } from "./fiber.ts"
import { type Ambient, type Canonical, canonicalOf, hasOnly, type LabelInput } from "./label.ts"
import { overflowIdentity, overflowLabels, withLast } from "./overflow.ts"
import { canonicalTags } from "./tags.ts"
import type { How, Writing } from "./writing.ts"
import { nowNanosOf, startOf } from "./sound-clock.ts"

/** The property of a handle that leads to its instrument. */
export const InstrumentId: unique symbol = Symbol.for("@parametric-portal/server/Instrument")

/** What every handle has besides being a `Metric`: its row and, in its type, its label names. */
export interface Declared<Label extends string> {
  /** Name, kind, unit, labels and meaning. */
  readonly row: Row
  /** The label names that it declares. */
  readonly labelNames: ReadonlyArray<Label>
  readonly [InstrumentId]: Instrument
}

/** A monotonic counter. */
export type Counter<Label extends string = string> = Metric.Metric.Counter<number> & Declared<Label>

/**
 * A gauge: `Metric.set` and `Metric.update` set, `MetricsService.gauge` and `Metric.incrementBy` add. Of an up-down
 * counter all four add: it has no value that anybody could set.
 */
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

/** What an instrument reports to those that keep count of refusals, and asks them. */
export interface Keeper extends Epoch {
  readonly registry: MetricRegistry.MetricRegistry
  readonly refused: (row: Row, amount: number) => void
  readonly folded: (instrument: Instrument) => void
  readonly undeclared: (row: Row, label: string) => void
  readonly swallow: (site: string, thrown: unknown) => undefined
  readonly refresh: (instrument: Instrument, nowNanos: bigint) => void
}

/** An instrument: a row with its boundaries and limit, and all of its series in one registry. */
export class Instrument {
  readonly row: Row
  readonly boundaries: ReadonlyArray<number> | undefined
  readonly histogram: HistogramKind
  readonly exemplars: ExemplarFilter
  readonly keeper: Keeper
  readonly handle: Metric.Metric<unknown, unknown, SeriesState> & Declared<string>
  /** At most this many series, the overflow series included. */
  limit: number
  private readonly amountOf: (input: unknown) => number
  private readonly isSigned: boolean
  private readonly opened: Opened
  private readonly series = new Map<string, Series>()
  private readonly byRecord: Bindings<Series>
  private byTags = new WeakMap<Canonical, Series>()
  private readonly declared: (given: LabelInput, added?: string) => LabelInput
  private overflow: Series | undefined

  constructor({ boundaries, exemplars, histogram, limit, row }: Decided, keeper: Keeper) {
    this.row = row
    this.boundaries = boundaries
    this.histogram = histogram
    this.exemplars = exemplars
    this.limit = limit
    this.keeper = keeper
    this.amountOf = row.kind === "histogram" && row.unit === "s" ? seconds : count
    this.isSigned = row.kind === "gauge" || row.kind === "upDownCounter"
    this.byRecord = new Bindings(keeper)
    this.declared = declaredLabels(row, (label) => keeper.undeclared(row, label))
    this.opened = open(keeper.registry, row, {
      boundaries: boundaries ?? [],
      histogram,
      exemplars,
      failed: (thrown) => keeper.swallow(row.name, thrown)
    })
    this.handle = Object.assign(makeMetric(this.opened.keyType, this), {
      row,
      labelNames: row.labels,
      [InstrumentId]: this,
      register: () => {
        this.resolve([])
        return this.handle
      }
    })
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
      const created = this.make(labels, false)
      this.series.set(detached(id), created)
      if (this.row.kind === "counter" && this.row.closed !== undefined && this.overflow === undefined) {
        closedCombinations(this.row, labels).forEach((sibling) => this.resolve(sibling))
      }
      return created
    }
    this.overflow ??= this.make(overflowLabels, true)
    return this.overflow
  }

  /** The series of these labels, if it exists; asking creates none. */
  find(labels: Canonical): Series | undefined {
    const id = identity(labels)
    return this.series.get(id) ?? (id === overflowIdentity ? this.overflow : undefined)
  }

  /** Records with labels as they are given. Those of a record that are all declared are resolved once for their values. */
  update(input: unknown, writing: Writing): void {
    const amount = this.amountOf(input)
    if (!this.refuses(amount)) {
      this.seriesOf(writing)[writing.how](amount, writing.at)
    }
  }

  /** The series of labels as they are given. What the row does not declare is left out, and counted. */
  bind(given: LabelInput, ambient: Ambient): Series {
    return this.resolve(canonicalOf(this.declared(given), ambient))
  }

  /** Records what Effect hands to a metric: its own labels and the ambient ones in one list. */
  updateTags(input: unknown, tags: Ambient, how: How): void {
    const amount = this.amountOf(input)
    if (!this.refuses(amount)) {
      this.seriesOfTags(tags, canonicalTags)[how](amount)
    }
  }

  /** A gauge without a number stays absent: 0 would be a number nobody gave. */
  private refuses(amount: number): boolean {
    const isRefused = this.isSigned && !Number.isFinite(amount)
    if (isRefused) {
      this.keeper.refused(this.row, amount)
    }
    return isRefused
  }

  private seriesOf({ added, ambient, labels: given }: Writing): Series {
    if (HashSet.isHashSet(given)) {
      const declared = this.declared(given, added)
      const labels = canonicalOf(declared, ambient)
      return declared === given ? this.seriesOfTags(labels, (tags) => tags) : this.resolve(labels)
    }
    if (!hasOnly(given, this.row.labels)) {
      return this.resolve(canonicalOf(this.declared(given, added), ambient))
    }
    let branch = this.byRecord.under(ambient)
    for (const name of this.row.labels) {
      branch = branch.at(given[name])
    }
    branch.bound ??= this.resolve(canonicalOf(given, ambient))
    return branch.bound
  }

  private seriesOfTags(tags: Ambient, canonicalise: (tags: Ambient) => Canonical): Series {
    const known = this.byTags.get(tags)
    if (known !== undefined) {
      return known
    }
    const series = this.resolve(canonicalise(tags))
    this.byTags.set(tags, series)
    return series
  }

  /** The state of the series of what Effect hands to a metric, a zero state where there is none. */
  readTags(tags: Ambient): SeriesState {
    const labels = canonicalTags(tags)
    this.keeper.refresh(this, nowNanosOf(clockOf(currentFiber())))
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

  private make(given: Canonical, isOverflow: boolean): Series {
    const { isSigned, keeper, row } = this
    const labels = given.map(({ key, value }) => MetricLabel.make(detached(key), detached(value)))
    const { histogram, hook, key } = this.opened.hook(labels)
    const guarded =
      (write: Write): Write =>
      (amount, at) => {
        if (amount < Number.POSITIVE_INFINITY && (isSigned ? amount > Number.NEGATIVE_INFINITY : amount >= 0)) {
          write(amount, at)
        } else {
          keeper.refused(row, amount)
        }
      }
    const recorded = (write: Write): Write =>
      isOverflow
        ? guarded((amount, at) => {
            write(amount, at)
            keeper.folded(this)
          })
        : guarded(write)
    const add = recorded(histogram?.record ?? hook.modify)
    const update = histogram?.record ?? hook.update
    return {
      labels,
      key,
      startNanos: startOf(row, clockOf(currentFiber())),
      isOverflow,
      isRemoved: false,
      record: row.kind === "upDownCounter" ? add : recorded(update),
      add,
      set: guarded(update),
      buckets: histogram?.buckets,
      replace: histogram?.replace,
      state: hook.get
    }
  }
}

type Write = Series["record"]

const makeMetric = (keyType: unknown, instrument: Instrument): Metric.Metric<unknown, unknown, SeriesState> =>
  Metric.make<unknown, unknown, SeriesState>(
    keyType,
    (input, tags) => instrument.updateTags(input, tags, "record"),
    (tags) => instrument.readTags(tags),
    (input, tags) => instrument.updateTags(input, tags, "add")
  )
