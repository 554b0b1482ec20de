/** A series bound once and recorded on often: nothing is resolved per call, unless the series was removed meanwhile. */
import type { Instrument } from "./instrument.ts"
import type { Canonical } from "../catalogue/label.ts"
import type { Series } from "./series.ts"

/** A series bound once and recorded on often, with no labels to resolve. After its removal it begins again from 0. */
export type BoundSeries = Pick<Series, "record" | "add" | "labels">

/** Binds the series of these labels. */
export const bind = (instrument: Instrument, labels: Canonical): BoundSeries => {
  let series = instrument.resolve(labels)
  const current = (): Series => {
    if (series.isRemoved) {
      series = instrument.resolve(labels)
    }
    return series
  }
  return {
    labels: series.labels,
    record: (amount) => current().record(amount),
    add: (amount) => current().add(amount)
  }
}
