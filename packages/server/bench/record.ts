/** What one value costs on a series that was bound before: ours, and Effect's own metric with one stable array of labels. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { claim, interleave, medians, ratio, type Result, type Subject } from "./harness.ts"

const pairs = { job_type: "digest", operation: "process", priority: "high" }
const tags = Object.entries(pairs).map(([key, value]) => MetricLabel.make(key, value))

const bound = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const counter = yield* MetricsService.series(jobs.completions, pairs)
  const histogram = yield* MetricsService.series(jobs.processingSeconds, pairs)
  const read = Effect.all([Testing.read(jobs.completions, pairs), Testing.read(jobs.processingSeconds, pairs)])
  return { counter, histogram, read }
}).pipe(Effect.provide(Testing.layer()))

/** Measures `record_*`: a counter and a histogram together, and each alone. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const both = await interleave(await subjects(), { rounds: 100, batchMs: 2 })
  const nanos = medians("record", both)
  return [ratio("record_bound_ns_vs_raw", both, { of: "bound, both", to: "raw, both" }), ...nanos]
}

const subjects = async (): Promise<ReadonlyArray<Subject>> => {
  const { counter, histogram, read } = await Effect.runPromise(bound)
  const boundaries = MetricBoundaries.fromIterable(MetricsService.boundaries.jobs)
  const rawCounter = Metric.counter("raw_completed_total", { incremental: true })
  const rawHistogram = Metric.histogram("raw_processing_seconds", boundaries)
  const once = { counter: 0, histogram: 0, rawCounter: 0, rawHistogram: 0 }
  const count = (what: keyof typeof once, calls: number): void => {
    once[what] += calls
  }
  const check = async (): Promise<void> => {
    const [counted, timed] = await Effect.runPromise(read)
    claim("bound counter", Number(counted), once.counter)
    claim("bound histogram", typeof timed === "object" ? timed.count : 0, once.histogram)
    claim("raw counter", rawCounter.unsafeValue(tags).count, once.rawCounter)
    claim("raw histogram", rawHistogram.unsafeValue(tags).count, once.rawHistogram)
  }
  const subject = (name: string, moved: ReadonlyArray<keyof typeof once>, call: (call: number) => void): Subject => ({
    name,
    run: (calls) => {
      for (const what of moved) {
        count(what, calls)
      }
      for (let index = 0; index < calls; index++) {
        call(index)
      }
    },
    check
  })
  return [
    subject("bound, both", ["counter", "histogram"], (index) => {
      counter.record(1)
      histogram.record(index % 200)
    }),
    subject("raw, both", ["rawCounter", "rawHistogram"], (index) => {
      rawCounter.unsafeUpdate(1, tags)
      rawHistogram.unsafeUpdate(index % 200, tags)
    }),
    subject("bound, counter", ["counter"], () => counter.record(1)),
    subject("raw, counter", ["rawCounter"], () => rawCounter.unsafeUpdate(1, tags)),
    subject("bound, histogram", ["histogram"], (index) => histogram.record(index % 200)),
    subject("raw, histogram", ["rawHistogram"], (index) => rawHistogram.unsafeUpdate(index % 200, tags))
  ]
}
