/** Spans or log records on standard output, a line of JSON for each, for looking at them while developing. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { ExportReport } from "../collect/destination.ts"
import type { RecordQueue } from "./record-queue.ts"
import type { RecordSink } from "./record-sink.ts"

/** Writes what the queue holds through Effect's `Console`. */
export const makeConsoleSink = <A>(queue: RecordQueue<A>, lineOf: (record: A) => unknown): RecordSink => {
  const write: Effect.Effect<ExportReport> = Effect.suspend(() => {
    const records = queue.take(queue.size)
    return Effect.forEach(records, (record) => Console.log(JSON.stringify(lineOf(record))), { discard: true }).pipe(
      Effect.as({ requests: Math.min(records.length, 1), points: records.length, rejected: 0, failures: [] })
    )
  })
  return { name: "console", export: write, last: write, pauseMs: () => 0 }
}
