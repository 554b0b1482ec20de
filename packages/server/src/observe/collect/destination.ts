/** A place that metrics go to: exported to at each interval and on request, and a last time at the end. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { wordsOf } from "../catalogue/thrown.ts"
import { warnOf } from "../instrument/sound-log.ts"

/** How an export went. */
export interface ExportReport {
  /** The number of requests. */
  readonly requests: number
  /** Points that were acknowledged, less those that were rejected. */
  readonly points: number
  /** Points that the receiver rejected in requests that it accepted. */
  readonly rejected: number
  /** Why requests were not acknowledged; empty when all were. */
  readonly failures: ReadonlyArray<string>
}

/** One destination, with failures of its own. */
export interface Destination {
  /** What it exports to where; two of the same are one stream. It may hold secrets. */
  readonly stream: string
  /** For people: an address without credentials. */
  readonly name: string
  /** Exports everything now, after an export that is under way. */
  readonly export: Effect.Effect<ExportReport>
  /** Exports a last time, beside an export that is under way, ends within the deadline, and says so in one line. */
  readonly end: Effect.Effect<void>
}

/** A defect of ours or of an exporter costs one export, and never the ones after it. */
export const withoutDefects = (destination: Destination): Destination => {
  const logged = (defect: unknown): Effect.Effect<void> =>
    warnOf(`Exporting to ${destination.name} died`, Cause.die(defect))
  return {
    ...destination,
    export: Effect.catchAllDefect(destination.export, (defect) =>
      Effect.as(logged(defect), { requests: 0, points: 0, rejected: 0, failures: [wordsOf(defect)] })
    ),
    end: Effect.catchAllDefect(destination.end, logged)
  }
}
