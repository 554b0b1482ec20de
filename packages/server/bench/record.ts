/**
 * What one value costs on a series that was bound before: ours, and Effect's own metric with one stable array of labels; and
 * in exponential buckets, which ours fills beside those with boundaries, and those of OpenTelemetry's SDK.
 */
import { createRequire } from "node:module"
import path from "node:path"
import { AggregationType, InstrumentType, MeterProvider } from "@opentelemetry/sdk-metrics"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { claim, interleave, medians, ratio, type Result, type Subject } from "./harness.ts"
import { Reader } from "../test/support/sdk-reader.ts"

const pairs = { job_type: "digest", operation: "process", priority: "high" }
const tags = Object.entries(pairs).map(([key, value]) => MetricLabel.make(key, value))

/** Durations in seconds over three orders of magnitude. */
const durations = Array.from({ length: 4096 }, (_, index) => 10 ** (-3 + ((index * 1_597) % 4096) / 1_365))

const durationOf = (call: number): number => durations[call % durations.length] ?? 0

const exponential = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const histogram = yield* MetricsService.series(jobs.processingSeconds, pairs)
  return { histogram, read: Testing.read(jobs.processingSeconds, pairs) }
}).pipe(Effect.provide(MetricsService.layer({ registry: "own", histograms: { default: "exponential" } })))

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
  const exponentials = await interleave(await exponentialSubjects(), { rounds: 100, batchMs: 2 })
  return [
    ratio("record_bound_ns_vs_raw", both, { of: "bound, both", to: "raw, both" }),
    ratio("record_exponential_ns_vs_otel", exponentials, { of: "bound, exponential", to: "otel, buckets alone" }),
    ...medians("record", both),
    ...medians("record", exponentials)
  ]
}

/** What its instrument records in once it has looked up the attributes; the package keeps it to itself. */
interface Accumulation {
  readonly toPointValue: () => { readonly count: number }
  readonly record: (value: number) => void
}

const require = createRequire(import.meta.url)
const internals: {
  readonly ExponentialHistogramAccumulation: new (
    startTime: [number, number],
    maxSize: number,
    recordMinMax: boolean
  ) => Accumulation
} = require(
  path.join(path.dirname(require.resolve("@opentelemetry/sdk-metrics")), "aggregator/ExponentialHistogram.js")
)
const { ExponentialHistogramAccumulation } = internals

const exponentialSubjects = async (): Promise<ReadonlyArray<Subject>> => {
  const { histogram, read } = await Effect.runPromise(exponential)
  const reader = new Reader()
  const view = {
    instrumentType: InstrumentType.HISTOGRAM,
    aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const
  }
  const otel = new MeterProvider({ readers: [reader], views: [view] }).getMeter("bench").createHistogram("seconds")
  const alone = new ExponentialHistogramAccumulation([0, 0], 160, true)
  const calls = { ours: 0, otel: 0, alone: 0 }
  return [
    {
      name: "bound, exponential",
      run: (times) => {
        calls.ours += times
        for (let call = 0; call < times; call++) {
          histogram.record(durationOf(call))
        }
      },
      check: async () => {
        const held = await Effect.runPromise(read)
        claim("bound exponential", typeof held === "object" ? held.count : 0, calls.ours)
      }
    },
    {
      name: "otel, exponential",
      run: (times) => {
        calls.otel += times
        for (let call = 0; call < times; call++) {
          otel.record(durationOf(call), pairs)
        }
      },
      check: async () => {
        const { resourceMetrics } = await reader.collect()
        const point = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value
        claim("otel exponential", typeof point === "object" ? point.count : 0, calls.otel)
      }
    },
    {
      name: "otel, buckets alone",
      run: (times) => {
        calls.alone += times
        for (let call = 0; call < times; call++) {
          alone.record(durationOf(call))
        }
      },
      check: async () => claim("otel buckets", alone.toPointValue().count, calls.alone)
    }
  ]
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
