/**
 * What a log line costs from `Effect.log` until a collector has it, beside OpenTelemetry's `BatchLogRecordProcessor`.
 * Lines are those of a job: in a span, with two annotations.
 */
import * as Effect from "effect/Effect"
import { interleave, ratio, type Result, type Rounds, type Subject } from "./harness.ts"
import { exportingLogs, queue } from "./signals/exporting.ts"
import { makeRecorder, perRecord, type Recorder, warmups } from "./signals/recorder.ts"
import { startCollector } from "./signals/start-collector.ts"

const lines = Effect.forEach(
  Array.from({ length: queue.size }, (_, index) => `page ${index} of the document was read`),
  (line) => Effect.log(line),
  { discard: true }
).pipe(Effect.annotateLogs({ jobType: "digest", queue: "documents" }), Effect.withSpan("jobs.process"))

const subject = ({ inBursts, name, runtime }: Recorder): Subject => ({
  name,
  run: () => inBursts(() => runtime.runPromise(lines)),
  check: () => {}
})

// A call is a batch.
const rounds: Rounds = { rounds: 30, batchMs: 0, warmups }

/** Measures `logs_vs_otel`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const collector = await startCollector("acknowledges")
  const { joined, nowhere, ours, theirs } = exportingLogs(collector.url)
  const recorders = await Promise.all([ours, theirs, joined, nowhere].map((one) => makeRecorder(one, collector)))
  const samples = await interleave(recorders.map(subject), rounds)
  await Promise.all(recorders.map(({ end }) => end()))
  collector.end()
  return [
    ratio("logs_vs_otel", samples, { of: ours.name, to: theirs.name }),
    ratio("logs.vs OpenTelemetry, joined to traces", samples, { of: ours.name, to: joined.name }),
    ...perRecord("log lines", samples)
  ]
}
