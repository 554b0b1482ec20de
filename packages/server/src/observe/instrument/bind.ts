/**
 * From a metric and labels to the series that they name. Nothing else in the library resolves labels: what records often
 * binds once, and keeps what it bound in {@link Bindings}.
 */
import type * as MetricLabel from "effect/MetricLabel"
import type { Pairs } from "../catalogue/label.ts"
import { Branch } from "./bindings.ts"
import { type Declared, InstrumentId } from "./instrument.ts"
import type { Ambient, LabelInput } from "./label.ts"
import type { Series } from "./series.ts"

/** A metric of this library, by what binding needs of it. */
export type Bindable<Label extends string = string> = Pick<Declared<Label>, "row" | "labelNames" | typeof InstrumentId>

/** The series of a metric with these labels under the ambient ones; it is there, at 0, from now on. */
export const bind = <Label extends string>(
  handle: Bindable<Label>,
  labels: LabelInput<NoInfer<Label>>,
  ambient: Ambient = []
): Series => handle[InstrumentId].bind(labels, ambient)

/** The series of a metric by the value of one label more, each bound when it is first asked for. */
export const bindEach = <Label extends string>(
  handle: Bindable<Label>,
  each: NoInfer<Label>,
  { ambient = [], labels }: { readonly labels: Pairs; readonly ambient?: Ambient }
): ((value: string | undefined) => Series) => {
  const values = new Branch<Series>()
  return (value) => {
    const branch = values.at(value)
    branch.bound ??= bind<string>(handle, { ...labels, [each]: value }, ambient)
    return branch.bound
  }
}

/** A series bound once and recorded on often, with no labels to resolve. After its removal it begins again from 0. */
export interface BoundSeries {
  /** The labels that it was bound with, cleaned and sorted. */
  readonly labels: ReadonlyArray<MetricLabel.MetricLabel>
  /**
   * Adds to a counter or up-down counter, sets a gauge, or records a value in a histogram (in seconds if that is its
   * unit). Never throws.
   */
  readonly record: (amount: number) => void
  /** Adds to a gauge; the same as `record` for the other kinds. Never throws. */
  readonly add: (amount: number) => void
}

/** Binds a series for as long as its metric lives. */
export const bindForGood = <Label extends string>(
  handle: Bindable<Label>,
  labels: LabelInput<NoInfer<Label>>
): BoundSeries => {
  let series = bind(handle, labels)
  const current = (): Series => {
    if (series.isRemoved) {
      series = handle[InstrumentId].resolve(series.labels)
    }
    return series
  }
  return {
    labels: series.labels,
    record: (amount) => current().record(amount),
    add: (amount) => current().add(amount)
  }
}
