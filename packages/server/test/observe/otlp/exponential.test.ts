/** Exponential histograms on each wire: every value once, in the buckets that OpenTelemetry's own would have. */
import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, FastCheck, Layer, Logger, Metric } from "effect"
import { MetricsService, type MetricsOptions } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { Collector, type ExponentialPoint, type MetricPoint } from "../../../src/observe/testing/collector.ts"
import { ExponentialBuckets } from "../../../src/observe/instrument/exponential-buckets.ts"
import {
  exponentialSince,
  type ExponentialState,
  mergeExponential
} from "../../../src/observe/catalogue/exponential.ts"
import { bridge } from "./grpc/bridge.ts"
import { captureLog } from "./pipeline.ts"

const name = "jobs_processing_seconds"
const histograms = { metrics: { [name]: "exponential" } } as const
const labels = MetricsService.label({ job_type: "digest" })

const recordAll = (seconds: ReadonlyArray<number>) =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    Effect.forEach(
      seconds,
      (one) => Metric.update(Metric.taggedWithLabels(jobs.processingSeconds, labels), Duration.seconds(one)),
      { discard: true }
    )
  )

const isExponential = (point: MetricPoint): point is ExponentialPoint =>
  point.name === name && point.type === "exponentialHistogram"

const stateOf = ({ value: { positive, scale, zeroCount } }: ExponentialPoint): ExponentialState => ({
  scale,
  zeroCount,
  offset: positive.offset,
  counts: positive.counts
})

const held = (seconds: ReadonlyArray<number>): ExponentialState => {
  const buckets = new ExponentialBuckets()
  seconds.forEach((one) => buckets.record(one))
  return buckets.state()
}

const first = [0, 0.001, 0.0012, 0.25, 0.5, 1, 2]
const second = [0, 1e-9, 3, 4_000, 0.001]
const all = [...first, ...second]

const wires = (["http/json", "http/protobuf", "grpc"] as const).flatMap((protocol) =>
  (["cumulative", "delta"] as const).map((temporality) => ({ protocol, temporality }))
)

describe("an exponential histogram", () => {
  it.scopedLive.each(wires)("leaves with every value, $temporality over $protocol", ({ protocol, temporality }) =>
    Effect.gen(function* () {
      const collector = yield* Collector
      const port = yield* bridge({ metrics: () => `${collector.url}/v1/metrics`, records: () => collector.url })
      const url = protocol === "grpc" ? port.url.href : `${collector.url}/v1/metrics`
      yield* recordAll(first).pipe(
        Effect.zipRight(Telemetry.flush),
        Effect.zipRight(recordAll(second)),
        Effect.zipRight(Telemetry.flush),
        Effect.provide(
          Telemetry.layer({
            destinations: [{ type: "otlp", url, protocol, temporality }],
            registries: "own",
            interval: "1 hour"
          }).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own", histograms })))
        )
      )
      const points = yield* collector.metrics
      expect(points.filter((point) => point.name === name && point.type === "histogram")).toEqual([])
      const [one, two] = points.filter(isExponential)
      const isDelta = temporality === "delta"
      expect(one?.value.count).toBe(first.length)
      expect(two?.value.count).toBe(isDelta ? second.length : all.length)
      expect(one?.value.sum).toBeCloseTo(sumOf(first), 9)
      expect(two?.value.sum).toBeCloseTo(sumOf(isDelta ? second : all), 9)
      expect(one && stateOf(one)).toEqual(held(first))
      expect(two && stateOf(two)).toEqual(isDelta ? exponentialSince(held(all), held(first)) : held(all))
      expect(one?.value.negative.counts).toEqual([])
      const total = isDelta && one && two ? mergeExponential(stateOf(one), stateOf(two)) : two && stateOf(two)
      expect(total).toEqual(held(all))
    }).pipe(Effect.provide([Collector.layer, Logger.remove(Logger.defaultLogger)]))
  )

  it("that takes every value of a property adds up to what was recorded, whatever the intervals", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.array(FastCheck.double({ min: 0, max: 1e9, noNaN: true })), { minLength: 1 }),
        (intervals) => {
          const buckets = new ExponentialBuckets()
          let sent = buckets.state()
          let received: ExponentialState = buckets.state()
          for (const values of intervals) {
            values.forEach((one) => buckets.record(one))
            const delta = exponentialSince(buckets.state(), sent)
            received = mergeExponential(received, delta)
            sent = mergeExponential(sent, delta)
          }
          expect(received).toEqual(held(intervals.flat()))
        }
      )
    ))
})

const kindsSent = (options: MetricsOptions, variable: string | undefined) =>
  Effect.gen(function* () {
    const collector = yield* Collector
    yield* recordAll(first).pipe(
      Effect.zipRight(Telemetry.flush),
      Effect.provide(
        Telemetry.layer({
          destinations: [{ type: "otlp", url: `${collector.url}/v1/metrics` }],
          registries: "own",
          interval: "1 hour"
        }).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own", ...options })))
      ),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(
          new Map(
            variable === undefined ? [] : [["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", variable]]
          )
        )
      )
    )
    const points = yield* collector.metrics
    return Array.from(new Set(points.filter((point) => point.name === name).map(({ type }) => type)))
  }).pipe(Effect.provide([Collector.layer, Logger.remove(Logger.defaultLogger)]))

const exponential = "base2_exponential_bucket_histogram"

describe("which histograms are exponential", () => {
  it.scopedLive.each([
    { options: {}, variable: undefined, expected: "histogram" },
    { options: {}, variable: "explicit_bucket_histogram", expected: "histogram" },
    { options: {}, variable: exponential, expected: "exponentialHistogram" },
    { options: {}, variable: ` ${exponential.toUpperCase()} `, expected: "exponentialHistogram" },
    { options: { histograms }, variable: undefined, expected: "exponentialHistogram" },
    { options: { histograms: { default: "exponential" } }, variable: undefined, expected: "exponentialHistogram" },
    { options: { histograms: { default: "explicit" } }, variable: exponential, expected: "histogram" },
    { options: { histograms: { metrics: { [name]: "explicit" } } }, variable: exponential, expected: "histogram" }
  ] as const)("$options with the variable $variable sends a $expected", ({ expected, options, variable }) =>
    Effect.gen(function* () {
      expect(yield* kindsSent(options, variable)).toEqual([expected])
    })
  )

  it.effect("a variable that is malformed is an error that names it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(kindsSent({}, "logarithmic"))
      expect(error).toMatchObject({ _tag: "MetricDefinitionError", reason: "Histogram", given: `"logarithmic"` })
      expect(String(error)).toContain("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION")
      expect(String(error)).toContain("base2_exponential_bucket_histogram")
    }).pipe(Effect.scoped)
  )
})

describe("a histogram that two registries have, one of them without exponential buckets", () => {
  it.scopedLive.each(["cumulative", "delta"] as const)("is one with boundaries, every value once, %s", (temporality) =>
    Effect.gen(function* () {
      const collector = yield* Collector
      const { layer: log, lines } = captureLog()
      const shared = yield* Layer.build(MetricsService.layer({ histograms: { default: "explicit" } }))
      const metrics = Layer.provideMerge(
        Telemetry.layer({
          destinations: [{ type: "otlp", url: `${collector.url}/v1/metrics`, temporality }],
          registries: "all",
          interval: "1 hour"
        }),
        MetricsService.layer({ registry: "own", histograms })
      )
      const removed = yield* Effect.gen(function* () {
        yield* recordAll(first)
        yield* Telemetry.flush
        yield* Effect.provide(recordAll(second), shared)
        yield* Telemetry.flush
        const { jobs } = yield* Effect.provide(MetricsService, shared)
        return yield* Effect.provide(MetricsService.remove(jobs.processingSeconds, {}), shared)
      }).pipe(Effect.provide(metrics.pipe(Layer.provideMerge(log))))
      expect(removed).toBe(1)
      const points = (yield* collector.metrics).filter((point) => point.name === name)
      expect(new Set(points.map(({ type }) => type))).toEqual(new Set(["histogram"]))
      const counts = points.map(({ type, value }) => (type === "histogram" ? value.count : Number.NaN))
      const total = temporality === "delta" ? sumOf(counts) : counts.at(-1)
      expect(total).toBe(all.length)
      expect(lines).toContain(
        `WARN Metric "${name}" is exported without exponential buckets: it has them in one registry, and only boundaries in another`
      )
    }).pipe(Effect.provide([Collector.layer, Logger.remove(Logger.defaultLogger)]))
  )
})

const sumOf = (values: ReadonlyArray<number>): number => values.reduce((sum, one) => sum + one, 0)
