/** What is exported twice is warned of once, and nothing else is. Arrivals are counted at a receiver. */
import * as Metrics from "@effect/opentelemetry/Metrics"
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as Resource from "@effect/opentelemetry/Resource"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { type MetricProducer, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import { captureLog } from "../otlp/pipeline.ts"

const mend =
  "Remove metricReader of NodeSdk.layer, Metrics.layer or OtlpMetrics.layer, or keep our metrics in their own registry: " +
  'MetricsService.layer({ registry: "own" }), exported with registries: "own"'

const warnings = {
  layer: `WARN The metrics of Effect's global registry are exported twice: by Telemetry.layer, and by @effect/opentelemetry. ${mend}`,
  producer: `WARN The metrics of Effect's global registry are exported twice: by Telemetry.metricProducer, and by @effect/opentelemetry. ${mend}`,
  layerAndProducer:
    "WARN Metrics are exported twice: by Telemetry.layer, and by a reader with a producer of Telemetry.metricProducer. " +
    "Remove one of the two; if the layer sends traces or logs, keep it with destinations: []",
  twoProducers:
    "WARN Metrics are exported twice: two producers of Telemetry.metricProducer are read. Make one, and give it to each reader once"
}

/** A reader of OpenTelemetry's SDK that sends when it is told to, and as it is shut down. */
const readerTo = (url: string, metricProducers: Array<MetricProducer> = []) =>
  new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    exportIntervalMillis: 3_600_000,
    metricProducers
  })

const flush = (...readers: ReadonlyArray<PeriodicExportingMetricReader>) =>
  Effect.promise(() => Promise.all(readers.map((reader) => reader.forceFlush())))

const sdk = (metricReader: PeriodicExportingMetricReader) =>
  NodeSdk.layer(() => ({ resource: { serviceName: "shop" }, metricReader }))

const telemetryTo = (url: string, options: TelemetryOptions = {}) =>
  Telemetry.layer({ destinations: [{ type: "otlp", url }], interval: "1 hour", ...options })

/** An application with a `MeterProvider`, and a metric of its own in it. */
const provided = (...readers: ReadonlyArray<PeriodicExportingMetricReader>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const provider = new MeterProvider({ readers: [...readers] })
      provider.getMeter("theirs").createCounter("their_requests").add(1)
      return provider
    }),
    (provider) => Effect.promise(() => provider.shutdown())
  )

/** One of ours, and one of Effect's. */
const work = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  yield* MetricsService.inc(jobs.enqueued, { job_type: "both" })
  yield* Metric.increment(Metric.counter("logins", { incremental: true }))
})

/** Runs with a receiver; what was warned of, and from which scopes a metric arrived: one for each stream. */
const seen = <E>(program: (url: string) => Effect.Effect<unknown, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const log = captureLog()
    const receiver = yield* Receiver
    yield* Effect.scoped(program(receiver.url)).pipe(Effect.provide(log.layer))
    // Microtasks, and what they fork.
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    const scopesOf = (name: string) =>
      Effect.map(receiver.find(name), (streams) => streams.map(({ scope }) => scope.name).toSorted())
    return {
      warned: log.lines.filter((line) => line.startsWith("WARN")),
      ours: yield* scopesOf("jobs_enqueued_total"),
      effects: yield* scopesOf("logins"),
      theirs: yield* scopesOf("their_requests")
    }
  }).pipe(Effect.provide(Receiver.layer()))

const library = "@parametric-portal/server"
const bridge = "@effect/opentelemetry/Metrics"

/** What stands in the registry of the process. */
const registered = () => Metric.unsafeSnapshot().map(({ metricKey }) => metricKey.name)

const isProbe = (name: string): boolean => name.includes("probe")

describe("an application with NodeSdk of @effect/opentelemetry", () => {
  it.live("is warned once where its metricReader reads what Telemetry.layer exports", () =>
    Effect.gen(function* () {
      const found = yield* seen((url) => {
        const reader = readerTo(url)
        return Effect.all([work, flush(reader), flush(reader), Telemetry.flush]).pipe(
          Effect.provide(Layer.merge(telemetryTo(url), sdk(reader))),
          Effect.provide(MetricsService.layer())
        )
      })
      expect(found).toEqual({
        warned: [warnings.layer],
        ours: [bridge, library],
        effects: [bridge, "effect"],
        theirs: []
      })
    })
  )

  it.live("is warned in a program that ends before the reader's first interval", () =>
    Effect.gen(function* () {
      const { warned } = yield* seen((url) =>
        work.pipe(
          Effect.provide(Layer.merge(telemetryTo(url), sdk(readerTo(url)))),
          Effect.provide(MetricsService.layer())
        )
      )
      expect(warned).toEqual([warnings.layer])
    })
  )

  it.live("is warned where that reader has a producer of ours besides", () =>
    Effect.gen(function* () {
      const found = yield* seen((url) =>
        Effect.gen(function* () {
          const reader = readerTo(url, [yield* Telemetry.metricProducer()])
          yield* Effect.all([work, flush(reader), flush(reader)]).pipe(Effect.provide(sdk(reader)))
        }).pipe(Effect.provide(MetricsService.layer()))
      )
      expect(found).toEqual({
        warned: [warnings.producer],
        ours: [bridge, library],
        effects: [bridge, "effect"],
        theirs: []
      })
    })
  )

  it.live("is warned where only Effect's own metrics are read by both", () =>
    Effect.gen(function* () {
      const found = yield* seen((url) => {
        const reader = readerTo(url)
        return Effect.all([work, flush(reader), Telemetry.flush]).pipe(
          Effect.provide(Layer.merge(telemetryTo(url), sdk(reader))),
          Effect.provide(MetricsService.layer({ registry: "own" }))
        )
      })
      expect(found.warned).toEqual([warnings.layer])
      expect(found.effects).toEqual([bridge, "effect"])
    })
  )

  it.live("is not warned where each has a registry of its own", () =>
    Effect.gen(function* () {
      const found = yield* seen((url) => {
        const reader = readerTo(url)
        return Effect.all([work, flush(reader), Telemetry.flush]).pipe(
          Effect.provide(Layer.merge(telemetryTo(url, { registries: "own" }), sdk(reader))),
          Effect.provide(MetricsService.layer({ registry: "own" }))
        )
      })
      expect(found.warned).toEqual([])
      expect(found.effects).toEqual([bridge])
    })
  )

  it.live("is not warned where it exports traces and no metrics", () =>
    Effect.gen(function* () {
      const traces = NodeSdk.layer(() => ({ spanProcessor: new SimpleSpanProcessor(new InMemorySpanExporter()) }))
      const found = yield* seen((url) =>
        Effect.all([work, Telemetry.flush]).pipe(
          Effect.provide(Layer.merge(telemetryTo(url), traces)),
          Effect.provide(MetricsService.layer())
        )
      )
      expect(found).toEqual({ warned: [], ours: [library], effects: ["effect"], theirs: [] })
    })
  )
})

describe("the other layers of @effect/opentelemetry", () => {
  it.live("are warned of: Metrics.layer", () =>
    Effect.gen(function* () {
      const { warned } = yield* seen((url) => {
        const reader = readerTo(url)
        const bridged = Metrics.layer(() => reader).pipe(Layer.provide(Resource.layerEmpty))
        return Effect.all([work, flush(reader)]).pipe(
          Effect.provide(Layer.merge(telemetryTo(url), bridged)),
          Effect.provide(MetricsService.layer())
        )
      })
      expect(warned).toEqual([warnings.layer])
    })
  )

  it.live("are warned of: OtlpMetrics.layer", () =>
    Effect.gen(function* () {
      const { ours, warned } = yield* seen((url) => {
        const bridged = OtlpMetrics.layer({ url, resource: { serviceName: "shop" } }).pipe(
          Layer.provide([FetchHttpClient.layer, OtlpSerialization.layerJson])
        )
        return work.pipe(Effect.provide(Layer.merge(telemetryTo(url), bridged)), Effect.provide(MetricsService.layer()))
      })
      expect(warned).toEqual([warnings.layer])
      expect(ours).toEqual([library, "shop"])
    })
  )
})

describe("an application with a MeterProvider of its own", () => {
  it.live("exports all once with one producer, whatever reads it", () =>
    Effect.gen(function* () {
      const found = yield* seen((url) =>
        Effect.gen(function* () {
          const reader = readerTo(url, [yield* Telemetry.metricProducer()])
          yield* provided(reader)
          yield* Effect.all([work, flush(reader), flush(reader)])
        }).pipe(Effect.provide(MetricsService.layer()))
      )
      expect(found).toEqual({ warned: [], ours: [library], effects: ["effect"], theirs: ["theirs"] })
    })
  )

  it.live("is warned of Telemetry.layer beside the producer", () =>
    Effect.gen(function* () {
      const found = yield* seen((url) =>
        Effect.gen(function* () {
          const reader = readerTo(url, [yield* Telemetry.metricProducer()])
          yield* provided(reader)
          yield* Effect.all([work, flush(reader), flush(reader)])
        }).pipe(Effect.provide(telemetryTo(url)), Effect.provide(MetricsService.layer()))
      )
      expect(found.warned).toEqual([warnings.layerAndProducer])
    })
  )

  it.live("is warned of two producers", () =>
    Effect.gen(function* () {
      const { warned } = yield* seen((url) =>
        Effect.gen(function* () {
          const reader = readerTo(url, [yield* Telemetry.metricProducer(), yield* Telemetry.metricProducer()])
          yield* provided(reader)
          yield* Effect.all([work, flush(reader), flush(reader), flush(reader)])
        }).pipe(Effect.provide(MetricsService.layer()))
      )
      expect(warned).toEqual([warnings.twoProducers])
    })
  )

  it.live("is not warned where its provider is built again, with a producer of its own", () =>
    Effect.gen(function* () {
      const { warned } = yield* seen((url) =>
        Effect.gen(function* () {
          const before = readerTo(url, [yield* Telemetry.metricProducer()])
          const after = readerTo(url, [yield* Telemetry.metricProducer()])
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* provided(before)
              yield* Effect.all([work, flush(before), flush(before)])
              yield* provided(after)
              yield* flush(after)
            })
          )
          const last = readerTo(url, [yield* Telemetry.metricProducer()])
          yield* provided(last)
          yield* flush(last)
        }).pipe(Effect.provide(MetricsService.layer()))
      )
      expect(warned).toEqual([])
    })
  )

  it.live("is not warned of one producer for two places, of one that nobody reads, or of a page", () =>
    Effect.gen(function* () {
      const { warned } = yield* seen((url) =>
        Effect.gen(function* () {
          yield* Telemetry.metricProducer()
          const producer = yield* Telemetry.metricProducer()
          const readers = [readerTo(url, [producer]), readerTo(url, [producer])]
          yield* provided(...readers)
          yield* Effect.all([work, flush(...readers)])
        }).pipe(
          Effect.provide(Telemetry.layer({ destinations: [{ type: "prometheus", port: 0 }] })),
          Effect.provide(MetricsService.layer())
        )
      )
      expect(warned).toEqual([])
    })
  )
})

describe("whoever reads a snapshot", () => {
  it.live("is no exporter: not often, not in a span, not in a reader's callback", () =>
    Effect.gen(function* () {
      const traces = NodeSdk.layer(() => ({ spanProcessor: new SimpleSpanProcessor(new InMemorySpanExporter()) }))
      const { warned } = yield* seen((url) =>
        Effect.gen(function* () {
          const reader = readerTo(url)
          const provider = yield* provided(reader)
          const mirrored = provider.getMeter("theirs").createObservableGauge("registered")
          mirrored.addCallback((result) => result.observe(Metric.unsafeSnapshot().length))
          const page = Effect.withSpan(Effect.sync(registered), "page")
          yield* Effect.all([work, flush(reader), Effect.repeatN(page, 9)])
        }).pipe(Effect.provide(Layer.merge(telemetryTo(url), traces)), Effect.provide(MetricsService.layer()))
      )
      expect(warned).toEqual([])
    })
  )

  it.live("finds no metric that it would not find otherwise", () =>
    Effect.gen(function* () {
      yield* seen((url) =>
        Effect.sync(() => expect(registered().filter(isProbe)).toEqual([])).pipe(
          Effect.provide(telemetryTo(url)),
          Effect.provide(MetricsService.layer())
        )
      )
    })
  )

  it.live("finds an entry without values where ours are in a registry of their own, which is gone with them", () =>
    Effect.gen(function* () {
      yield* seen((url) =>
        Effect.sync(() => {
          const probes = Metric.unsafeSnapshot().filter(({ metricKey }) => isProbe(metricKey.name))
          expect(probes.map(({ metricState }) => metricState)).toMatchObject([{ occurrences: new Map() }])
        }).pipe(Effect.provide(telemetryTo(url)), Effect.provide(MetricsService.layer({ registry: "own" })))
      )
      expect(registered().filter(isProbe)).toEqual([])
    })
  )

  it.live("reads the same values while somebody looks, and after it", () =>
    Effect.gen(function* () {
      const dropped = () =>
        Metric.unsafeSnapshot()
          .filter(({ metricKey }) => metricKey.name === "telemetry_points_dropped_total")
          .map(({ metricState }) => metricState)
      yield* seen((url) => {
        const reader = readerTo(url)
        return Effect.gen(function* () {
          const { jobs, telemetry } = yield* MetricsService
          yield* MetricsService.inc(jobs.enqueued, { job_type: "both" }, -1)
          const before = dropped()
          expect(before.filter((state) => "count" in state && Number(state.count) > 0)).toHaveLength(1)
          yield* flush(reader)
          expect(dropped()).toEqual(before)
          yield* MetricsService.inc(telemetry.pointsDropped, { reason: "negative" })
          expect(dropped()).not.toEqual(before)
        }).pipe(Effect.provide(Layer.merge(telemetryTo(url), sdk(reader))), Effect.provide(MetricsService.layer()))
      })
    })
  )
})
