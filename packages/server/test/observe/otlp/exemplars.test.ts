/** Exemplars on each wire: those of the request's points, each once, with all else as it is without them. */
import { describe, expect, it } from "@effect/vitest"
import { FailureMode, Receiver } from "@parametric-portal/dashboard/receiver"
import { Duration, Effect, FastCheck, Layer, Logger, Metric } from "effect"
import type { ExemplarFilter } from "../../../src/observe/catalogue/exemplar.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { exemplars } from "../../../src/observe/testing.ts"
import { Collector, type HistogramPoint, type MetricPoint } from "../../../src/observe/testing/collector.ts"
import { field, withAdditions } from "../../../src/observe/otlp/protobuf-additions.ts"
import { inSpan } from "../../support/sampled.ts"
import { bridge } from "./grpc/bridge.ts"
import { pipeline } from "./pipeline.ts"

const name = "jobs_processing_seconds"
const labels = { job_type: "digest" }

const record = (seconds: number, jobType = "digest") =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    Metric.update(
      Metric.taggedWithLabels(jobs.processingSeconds, MetricsService.label({ job_type: jobType })),
      Duration.seconds(seconds)
    )
  )

const wires = (["http/json", "http/protobuf", "grpc"] as const).flatMap((protocol) =>
  (["cumulative", "delta"] as const).flatMap((temporality) =>
    (["explicit", "exponential"] as const).map((histogram) => ({ protocol, temporality, histogram }))
  )
)

const sent = (points: ReadonlyArray<MetricPoint>) =>
  points
    .filter((point) => point.name === name && point.attributes["job_type"] === "digest")
    .map((point) => (point.type === "summary" ? [] : (point.exemplars ?? [])))

const isHistogram = (point: MetricPoint): point is HistogramPoint => point.name === name && point.type === "histogram"

const timesOf = (point: HistogramPoint | undefined) => ({
  startTimeUnixNano: point?.startTimeUnixNano,
  timeUnixNano: point?.timeUnixNano
})

interface Sending {
  readonly protocol: "http/json" | "http/protobuf" | "grpc"
  readonly temporality: "cumulative" | "delta"
  readonly histogram: "explicit" | "exponential"
  readonly filter?: ExemplarFilter
}

/** The metrics of a program whose telemetry goes to the collector. */
const exporting = ({ filter, histogram, protocol, temporality }: Sending) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const collector = yield* Collector
      const port = yield* bridge({ metrics: () => `${collector.url}/v1/metrics`, records: () => collector.url })
      const url = protocol === "grpc" ? port.url.href : `${collector.url}/v1/metrics`
      return Telemetry.layer({
        destinations: [{ type: "otlp", url, protocol, temporality }],
        registries: "own",
        interval: "1 hour"
      }).pipe(
        Layer.provideMerge(
          MetricsService.layer({
            registry: "own",
            histograms: { default: histogram },
            exemplars: { default: filter }
          })
        )
      )
    })
  )

const scoped = Effect.provide([Collector.layer, Logger.remove(Logger.defaultLogger)])

describe("exemplars", () => {
  it.scopedLive.each(wires)("leave once, $temporality $histogram over $protocol", (sending) =>
    Effect.gen(function* () {
      const collector = yield* Collector
      const expected = yield* Effect.gen(function* () {
        yield* record(0.02, "other")
        const one = yield* inSpan(record(0.02))
        const two = yield* inSpan(record(7))
        yield* inSpan(record(7, "other"))
        yield* record(0.3)
        yield* Telemetry.flush
        yield* Telemetry.flush
        const three = yield* inSpan(record(8))
        const { jobs } = yield* MetricsService
        const kept = yield* exemplars(jobs.processingSeconds, labels)
        expect(kept.map(({ span, value }) => ({ span, value }))).toEqual([
          { span: one.span, value: 0.02 },
          { span: three.span, value: 8 }
        ])
        yield* Telemetry.flush
        return [
          [
            { ...one.span, value: 0.02 },
            { ...two.span, value: 7 }
          ],
          [],
          [{ ...three.span, value: 8 }]
        ]
      }).pipe(Effect.provide(exporting(sending)))
      const points = yield* collector.metrics
      const found = sent(points)
      expect(found.slice(0, 3).map((all) => all.map(({ attributes: _, timeUnixNano: __, ...one }) => one))).toEqual(
        expected
      )
      const nowMs = Date.now()
      expect(found.flat().every((one) => Math.abs(Number(one.timeUnixNano / 1_000_000n) - nowMs) < 60_000)).toBe(true)
      expect(found.flat().every((one) => Object.keys(one.attributes).length === 0)).toBe(true)
    }).pipe(scoped)
  )

  it.scopedLive.each(["http/json", "http/protobuf"] as const)(
    "change nothing else of a request over %s, and have no span outside of one",
    (protocol) =>
      Effect.gen(function* () {
        const collector = yield* Collector
        for (const filter of ["always_on", "always_off"] as const) {
          yield* Effect.gen(function* () {
            yield* Effect.forEach([0.001, 0.02, 0.02, 7, 1e9], (seconds) => record(seconds, "ünïcode"))
            yield* Telemetry.flush
          }).pipe(Effect.provide(exporting({ protocol, filter, temporality: "cumulative", histogram: "explicit" })))
        }
        const points = (yield* collector.metrics).filter(isHistogram)
        const [on, off] = [points[0], points.at(-1)]
        expect(on?.exemplars?.map(({ attributes, value, ...ids }) => [value, attributes, Object.keys(ids)])).toEqual(
          [0.001, 0.02, 7, 1e9].map((value) => [value, {}, ["timeUnixNano"]])
        )
        expect(off?.exemplars).toBeUndefined()
        expect({ ...off, ...timesOf(on) }).toEqual({ ...on, exemplars: undefined })
      }).pipe(scoped)
  )

  it.scopedLive.each(["cumulative", "delta"] as const)(
    "that a receiver did not take are sent with the next export, %s",
    (temporality) =>
      Effect.gen(function* () {
        const { find, setFailureMode } = yield* Receiver
        yield* inSpan(record(0.02))
        yield* setFailureMode(FailureMode.status(503))
        yield* Telemetry.flush
        const { span } = yield* inSpan(record(7))
        yield* setFailureMode(FailureMode.none)
        yield* Telemetry.flush
        const [series] = yield* find(name)
        const kept = series !== undefined && "exemplars" in series ? (series.exemplars ?? []) : []
        expect(kept.map(({ value }) => value)).toEqual([0.02, 7])
        expect(kept.at(-1)).toMatchObject(span)
      }).pipe(
        Effect.provide(pipeline({ interval: "1 hour" }, { temporality, timeout: "300 millis" })),
        Effect.provide([Receiver.layer(), Logger.remove(Logger.defaultLogger)])
      )
  )
})

it.scopedLive("an export is in no span, whatever the layer was built in", () =>
  Effect.gen(function* () {
    const { url } = yield* Collector
    const layer = Telemetry.layer({ destinations: [{ type: "otlp", url: `${url}/v1/metrics` }], interval: "1 hour" })
    const { result } = yield* inSpan(
      Telemetry.flush.pipe(
        Effect.zipRight(MetricsService),
        Effect.flatMap(({ telemetry }) => exemplars(telemetry.exportDuration, {})),
        Effect.provide(
          layer.pipe(Layer.provideMerge(MetricsService.layer({ registry: "own", exemplars: { default: "always_on" } })))
        )
      )
    )
    expect(result.map((one) => [one.value < 60, one.span])).toEqual([[true, undefined]])
  }).pipe(scoped)
)

describe("what is added to a protobuf message", () => {
  const bytes = FastCheck.uint8Array({ maxLength: 300 })

  it("is at the end of its message, and all else is copied", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.tuple(bytes, FastCheck.option(bytes))), bytes, (inner, before) => {
        const message = Buffer.concat([
          field(3, before),
          Buffer.from([0x08, 0xff, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4]),
          ...inner.map(([content]) => field(200, field(1, content))),
          field(3, before)
        ])
        const added = inner.map(([, addition]) =>
          addition === null ? undefined : { fields: [field(2, addition)], messages: new Map() }
        )
        const expected = Buffer.concat([
          field(3, before),
          Buffer.from([0x08, 0xff, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4]),
          ...inner.map(([content, addition]) =>
            field(200, Buffer.concat([field(1, content), ...(addition === null ? [] : [field(2, addition)])]))
          ),
          field(3, before),
          field(9, before)
        ])
        const found = withAdditions(message, { fields: [field(9, before)], messages: new Map([[200, added]]) })
        expect(Buffer.from(found).equals(expected)).toBe(true)
      })
    ))
})
