/** Which series of a metric are meant, and what they hold together. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HashSet from "effect/HashSet"
import * as Metric from "effect/Metric"
import * as Predicate from "effect/Predicate"
import type { Pair } from "../catalogue/label.ts"
import { type Declared, type Instrument, InstrumentId } from "../instrument/instrument.ts"
import { type Canonical, canonicalOf, type LabelInput, namesOf } from "../instrument/label.ts"
import type { Series } from "../instrument/series.ts"
import { textOfValue } from "./value-text.ts"
import { sumOf, type Value, type ValueOf, valueOf } from "./value.ts"

/** A metric of this library: a handle of `MetricsService`, or of `MetricsService.define`. */
export type Handle<Label extends string = string> = Pick<Declared<Label>, "row" | "labelNames" | typeof InstrumentId>

/** The label names of a handle. */
export type LabelOf<H extends Handle> = H["labelNames"][number]

/** Selects the one series with these labels and no others; made by {@link exactly}. */
export interface Exactly<Label extends string = string> {
  /** All labels of the series. */
  readonly exactly: LabelInput<Label>
  /** Only in the type, so that labels that a metric does not declare do not compile. */
  readonly names?: ReadonlyArray<Label>
}

/**
 * Selects the series of a metric whose labels include these, as in PromQL. A label that is `undefined` must be absent,
 * and `{}` selects all series. {@link exactly} selects one.
 */
export type Selector<Label extends string = string> = LabelInput<Label> | Exactly<Label>

/** Selects the one series with these labels and no others. */
export const exactly = <const Label extends string = never>(labels: LabelInput<Label>): Exactly<Label> => ({
  exactly: labels
})

/**
 * The sum of the selected series of a metric, of all its series without `labels`; undefined if there are none. Reading
 * creates no series. If values of a gauge can't be added up, such as ages, select one series.
 */
export function total<H extends Handle>(
  handle: H,
  labels?: Selector<NoInfer<LabelOf<H>>>
): Effect.Effect<ValueOf<H> | undefined>
export function total(handle: Handle, labels: Selector = {}): Effect.Effect<Value | undefined> {
  return Effect.map(selectedNow(handle, labels), ({ sum }) => sum)
}

/** The number of selected series of a metric, of all its series without `labels`. */
export const countSeries = <H extends Handle>(
  handle: H,
  labels: Selector<NoInfer<LabelOf<H>>> = {}
): Effect.Effect<number> => Effect.map(selectedNow(handle, labels), ({ values }) => values.size)

/** The selected series, by their text, and what they hold together. */
export interface Selected {
  readonly values: ReadonlyMap<string, Value>
  readonly sum: Value | undefined
}

/** Reads the selected series now. */
export const selectedNow = (handle: Handle, labels: Selector): Effect.Effect<Selected> =>
  readNow(handle, (now) => selected(handle, labels, now))

/** Reads a metric by the clock; dies with what to do where it is none of this library, as where types are not checked. */
export const readNow = <A>(handle: Handle, read: (nowNanos: bigint) => A): Effect.Effect<A> =>
  Predicate.hasProperty(handle, InstrumentId)
    ? Effect.map(Clock.currentTimeNanos, read)
    : Effect.dieMessage(
        `expected a handle of MetricsService or of MetricsService.define, but was given ${givenText(handle)}. ` +
          "Of a metric of Effect, compare Metric.value before and after"
      )

const givenText = (given: unknown): string =>
  Predicate.hasProperty(given, Metric.MetricTypeId) ? "a metric of Effect" : textOfValue(given)

/** Reads the selected series at a time. */
export const selected = (handle: Handle, labels: Selector, nowNanos: bigint): Selected => {
  const instrument = handle[InstrumentId]
  instrument.keeper.refresh(instrument, nowNanos)
  const selects = selectionOf(labels)
  const values = new Map<string, Value>()
  for (const series of instrument.all()) {
    if (selects(series)) {
      values.set(textOf(instrument, series), valueOf(series.state()))
    }
  }
  return { values, sum: sumOf(Array.from(values.values())) }
}

/** A series as text: `jobs_enqueued_total{job_type="digest",operation="submit"}`, labels sorted by name. */
export const textOf = ({ row }: Pick<Instrument, "row">, { labels }: Pick<Series, "labels">): string =>
  seriesText(row.name, labels)

/** What is selected, as text: the labels that must be absent are `""`, as in PromQL. */
export const selectionText = ({ row }: Handle, labels: Selector): string => {
  if (isExactly(labels)) {
    return `${seriesText(row.name, canonicalOf(labels.exactly, []))}, exactly`
  }
  const absent = absentOf(labels).map((key) => ({ key, value: "" }))
  return seriesText(row.name, [...canonicalOf(labels, []), ...absent])
}

/** The names of the labels that a selector speaks of. */
export const selectedNames = (labels: Selector): ReadonlyArray<string> => {
  const given = isExactly(labels) ? labels.exactly : labels
  return [...namesOf(given), ...absentOf(given)]
}

/** Which series a selector selects. */
export const selectionOf = (labels: Selector): ((series: Pick<Series, "labels">) => boolean) => {
  const wanted = canonicalOf(isExactly(labels) ? labels.exactly : labels, [])
  if (isExactly(labels)) {
    return (series) => series.labels.length === wanted.length && includes(series.labels, wanted)
  }
  const absent = absentOf(labels)
  return (series) => includes(series.labels, wanted) && !series.labels.some(({ key }) => absent.includes(key))
}

const includes = (labels: Canonical, wanted: Canonical): boolean =>
  wanted.every(({ key, value }) => labels.some((label) => label.key === key && label.value === value))

const absentOf = (labels: LabelInput): ReadonlyArray<string> =>
  HashSet.isHashSet(labels)
    ? []
    : Object.entries(labels).flatMap(([key, value]) => (value === undefined || value === "" ? [key] : []))

const isExactly = (labels: Selector): labels is Exactly =>
  Predicate.hasProperty(labels, "exactly") && Predicate.isObject(labels.exactly)

const seriesText = (name: string, labels: ReadonlyArray<Pair>): string =>
  labels.length === 0 ? name : `${name}{${labels.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).join(",")}}`
