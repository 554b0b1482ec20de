/**
 * Recording on any metric with labels as they are given: on ours the series is resolved once for the same labels. A
 * metric that throws costs the number that it should have got, and goes no further.
 */
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import { attempt } from "../catalogue/attempt.ts"
import { detached } from "../catalogue/clean-text.ts"
import { ambientOf, currentFiber } from "./fiber.ts"
import { type Instrument, InstrumentId } from "./instrument.ts"
import { type Canonical, canonicalOf, type LabelInput } from "./label.ts"
import { meterOf } from "./meter.ts"
import type { Writing } from "./writing.ts"

/** A metric of this library or of anybody else, by what recording needs of it. */
export type AnyMetric<In> = Pick<Metric.Metric<unknown, In, unknown>, "unsafeUpdate" | "unsafeModify"> & {
  readonly [InstrumentId]?: Instrument
}

/** The labels of a recording; the ambient ones are those of the fiber unless given. */
export type Recording = Pick<Writing, "labels" | "added" | "at"> & Partial<Pick<Writing, "ambient">>

/** Adds to a counter, sets a gauge, puts a value into a histogram. */
export const record = <In>(metric: AnyMetric<In>, input: In, { added, ambient, at, labels }: Recording): void =>
  attempt(
    () =>
      write(metric, input, {
        // JavaScript may leave them out.
        labels: labels ?? {},
        ambient: ambient ?? ambientOf(currentFiber()),
        how: "record",
        added,
        at
      }),
    (thrown) => swallowed(metric, thrown)
  )

/** Adds to a gauge; the same as `record` for the other kinds. */
export const add = <In>(metric: AnyMetric<In>, input: In, labels: LabelInput): void =>
  attempt(
    () => write(metric, input, { labels, ambient: ambientOf(currentFiber()), how: "add" }),
    (thrown) => swallowed(metric, thrown)
  )

const write = <In>(metric: AnyMetric<In>, input: In, writing: Writing): void => {
  const instrument = metric[InstrumentId]
  if (instrument !== undefined) {
    instrument.update(input, writing)
  } else if (writing.how === "record") {
    metric.unsafeUpdate(input, keptOf(writing))
  } else {
    metric.unsafeModify(input, keptOf(writing))
  }
}

/** A metric of somebody else keeps the labels that it is given: by themselves, whatever they were cut from. */
const keptOf = ({ ambient, labels }: Writing): Canonical =>
  canonicalOf(labels, ambient).map(({ key, value }) => MetricLabel.make(detached(key), detached(value)))

// Which registry a metric of somebody else is in is not known: it is Effect's global one for nearly all.
const swallowed = <In>(metric: AnyMetric<In>, thrown: unknown): undefined =>
  (metric[InstrumentId]?.keeper ?? meterOf(Metric.globalMetricRegistry)).swallow("record", thrown)
