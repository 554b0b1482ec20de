/** Where the records of one signal go. */
import type * as Effect from "effect/Effect"
import type { ExportReport } from "../collect/destination.ts"

/** A way out of a queue. */
export interface RecordSink {
  /** For people: an address without credentials. */
  readonly name: string
  /** Exports what waits, after an export that is under way. */
  readonly export: Effect.Effect<ExportReport>
  /** Exports what waits a last time, within a deadline that nothing holds up. */
  readonly last: Effect.Effect<ExportReport>
  /** How much longer the receiver wants to be left alone, in milliseconds. */
  readonly pauseMs: () => number
}
