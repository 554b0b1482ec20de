/** Recording on any metric with labels as they are given: on ours the series is resolved once for the same labels. */
import type * as Metric from "effect/Metric"
import { ambientOf, currentFiber } from "./fiber.ts"
import { type Instrument, InstrumentId } from "./instrument.ts"
import { type Ambient, canonicalOf, type LabelInput } from "./label.ts"

/** A metric of this library or of anybody else, by what recording needs of it. */
export type AnyMetric<In> = Pick<Metric.Metric<unknown, In, unknown>, "unsafeUpdate" | "unsafeModify"> & {
  readonly [InstrumentId]?: Instrument
}

/** Adds to a counter, sets a gauge, puts a value into a histogram. */
export const record = <In>(
  metric: AnyMetric<In>,
  input: In,
  { ambient = ambientOf(currentFiber()), labels }: { readonly labels: LabelInput; readonly ambient?: Ambient }
): void => {
  const instrument = metric[InstrumentId]
  if (instrument === undefined) {
    metric.unsafeUpdate(input, canonicalOf(labels, ambient))
  } else {
    instrument.update(input, labels, { ambient, how: "record" })
  }
}

/** Adds to a gauge; the same as `record` for the other kinds. */
export const add = <In>(metric: AnyMetric<In>, input: In, labels: LabelInput): void => {
  const instrument = metric[InstrumentId]
  const ambient = ambientOf(currentFiber())
  if (instrument === undefined) {
    metric.unsafeModify(input, canonicalOf(labels, ambient))
  } else {
    instrument.update(input, labels, { ambient, how: "add" })
  }
}
