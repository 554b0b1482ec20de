/**
 * What a span costs from its end until a collector has it, beside OpenTelemetry's `BatchSpanProcessor`: spans that were
 * begun before are ended. What a span costs from its beginning stands beside it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import { interleave, ratio, type Result, type Rounds, type Subject } from "./harness.ts"
import { exportingSpans, queue } from "./signals/exporting.ts"
import { makeRecorder, perRecord, type Recorder, recordsPerCall, warmups } from "./signals/recorder.ts"
import { startCollector } from "./signals/start-collector.ts"

const parent = Tracer.externalSpan({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" })

const attributes = { "job.type": "digest", "job.priority": "high", "job.attempt": 1, "job.queue": "documents" }

const spanName = "jobs.process"

const begun = Effect.all(
  Array.from({ length: recordsPerCall }, () => Effect.makeSpan(spanName, { parent, attributes }))
)

const fromEnd = ({ inBursts, name, runtime }: Recorder): Subject => {
  let spans: ReadonlyArray<Tracer.Span> = []
  return {
    name,
    prepare: () => {
      spans = runtime.runSync(begun)
    },
    run: () =>
      inBursts((from) => {
        const end = BigInt(Date.now() + 5) * 1_000_000n
        for (const span of spans.slice(from, from + queue.size)) {
          span.end(end, Exit.void)
        }
      }),
    check: () => {}
  }
}

const whole = Effect.all(
  Array.from({ length: queue.size }, () => Effect.withSpan(Effect.void, spanName, { parent, attributes })),
  { discard: true }
)

const fromBeginning = ({ inBursts, name, runtime }: Recorder): Subject => ({
  name,
  run: () => inBursts(() => runtime.runPromise(whole)),
  check: () => {}
})

// A call is a batch: its spans are begun before it.
const rounds: Rounds = { rounds: 24, batchMs: 0, warmups }

/** Measures `spans_vs_otel`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const collector = await startCollector("acknowledges")
  const { nowhere, ours, theirs } = exportingSpans(collector.url)
  const recorders = await Promise.all([ours, theirs, nowhere].map((one) => makeRecorder(one, collector)))
  const ended = await interleave(recorders.slice(0, 2).map(fromEnd), rounds)
  const all = await interleave(recorders.map(fromBeginning), { ...rounds, warmups: 5 })
  await Promise.all(recorders.map(({ end }) => end()))
  collector.end()
  const compared = { of: ours.name, to: theirs.name }
  return [
    ratio("spans_vs_otel", ended, compared),
    ratio("spans.from their beginning vs OpenTelemetry", all, compared),
    ...perRecord("spans from their end", ended),
    ...perRecord("spans from their beginning", all)
  ]
}
