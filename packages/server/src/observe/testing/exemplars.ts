/** Reading the exemplars of a histogram. */
import type * as Effect from "effect/Effect"
import { InstrumentId } from "../instrument/instrument.ts"
import { type Handle, readNow, type Selector, selectionOf } from "./selection.ts"
import { bucketName } from "./value.ts"

/** A value that a bucket of a histogram has kept. */
export interface ExemplarValue {
  /** The value; in seconds for durations. */
  readonly value: number
  /** Its bucket, by the upper boundary, as in the `buckets` of a `HistogramValue`. */
  readonly bucket: string
  /** When it was recorded, in milliseconds since the epoch. */
  readonly timeMs: number
  /** The span that it was recorded in. Not there if it was in none, which is kept with `always_on` only. */
  readonly span?: { readonly traceId: string; readonly spanId: string }
}

/** The exemplars of the series of a histogram with these labels, by bucket; none for other metrics. */
export const exemplars = (handle: Handle, labels: Selector): Effect.Effect<ReadonlyArray<ExemplarValue>> =>
  readNow(handle, () => {
    const instrument = handle[InstrumentId]
    const boundaries = instrument.boundaries ?? []
    const selects = selectionOf(labels)
    return Array.from(instrument.all()).flatMap((series) =>
      selects(series)
        ? (series.buckets?.exemplars?.state() ?? []).flatMap((one, index) =>
            one === undefined ? [] : [{ ...one, bucket: bucketName(boundaries[index] ?? Number.POSITIVE_INFINITY) }]
          )
        : []
    )
  })
