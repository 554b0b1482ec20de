/** What real receivers make of exemplars: a Prometheus 3 returns them by its API, sent to it or scraped by it. */
import { describe, expect, it } from "@effect/vitest"
import { collector } from "@parametric-portal/receivers/collector"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { freePort } from "../../../../vitest.ports.ts"
import type { HistogramKind } from "../../src/observe/catalogue/row.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Prometheus } from "../../src/observe/prometheus.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import { eventually } from "../support/eventually.ts"
import { type Found, exemplarsIn } from "./support/exemplars.ts"
import { inSpan } from "../support/sampled.ts"

const name = "jobs_processing_seconds"

const record = (seconds: number) =>
  inSpan(
    Effect.flatMap(MetricsService, ({ jobs }) =>
      Metric.update(
        Metric.taggedWithLabels(jobs.processingSeconds, MetricsService.label({ job_type: "digest" })),
        Duration.seconds(seconds)
      )
    )
  )

const valuesIn = (found: ReadonlyArray<Found>) =>
  found
    .flatMap(({ exemplars, seriesLabels }) =>
      exemplars.map(({ labels, value }) => ({ le: seriesLabels["le"], labels, value: Number(value) }))
    )
    .sort((one, other) => one.value - other.value)

const labelsOf = ({ span }: { readonly span: { readonly traceId: string; readonly spanId: string } }) => ({
  trace_id: span.traceId,
  span_id: span.spanId
})

const silent = Logger.remove(Logger.defaultLogger)

const wires = (["http/json", "http/protobuf"] as const).flatMap((protocol) =>
  (["explicit", "exponential"] as const).map((histogram) => ({ protocol, histogram }))
)

describe("a Prometheus with exemplar storage", () => {
  it.scopedLive.each(wires)(
    "returns those of $histogram histograms that came over $protocol",
    ({ histogram, protocol }) =>
      Effect.gen(function* () {
        const features = ["exemplar-storage"]
        const receiver = yield* prometheus({ features })
        yield* Effect.gen(function* () {
          const one = yield* record(0.02)
          const two = yield* record(7)
          expect((yield* Telemetry.flush).flatMap(({ failures }) => failures)).toEqual([])
          const three = yield* record(7_200)
          expect((yield* Telemetry.flush).flatMap(({ failures }) => failures)).toEqual([])
          const isNative = histogram === "exponential"
          const query = isNative ? name : `${name}_bucket`
          const found = yield* eventually(
            Effect.promise(() => exemplarsIn(receiver.address, query)),
            (all) => valuesIn(all).length === 3
          )
          expect(valuesIn(found)).toEqual([
            { le: isNative ? undefined : "0.1", labels: labelsOf(one), value: 0.02 },
            { le: isNative ? undefined : "10", labels: labelsOf(two), value: 7 },
            { le: isNative ? undefined : "+Inf", labels: labelsOf(three), value: 7_200 }
          ])
        }).pipe(Effect.provide(telemetry(receiver.url, protocol, histogram)))
      }).pipe(Effect.provide(silent))
  )

  it.scopedLive("returns those of a page that it scrapes", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const scraped = { job_name: "shop", scrape_interval: "1s", static_configs: [{ targets: [`127.0.0.1:${port}`] }] }
      const receiver = yield* prometheus({
        features: ["exemplar-storage"],
        configuration: { scrape_configs: [scraped] }
      })
      yield* Effect.gen(function* () {
        const one = yield* record(0.02)
        const two = yield* record(7)
        const found = yield* eventually(
          Effect.promise(() => exemplarsIn(receiver.address, `${name}_bucket{job="shop"}`)),
          (all) => valuesIn(all).length === 2
        )
        expect(valuesIn(found)).toEqual([
          { le: "0.1", labels: labelsOf(one), value: 0.02 },
          { le: "10.0", labels: labelsOf(two), value: 7 }
        ])
        const later = yield* record(0.03)
        const again = yield* eventually(
          Effect.promise(() => exemplarsIn(receiver.address, `${name}_bucket{job="shop",le="0.1"}`)),
          (all) => valuesIn(all).length === 2
        )
        expect(valuesIn(again).map(({ labels }) => labels)).toEqual([labelsOf(one), labelsOf(later)])
      }).pipe(
        Effect.provide(
          Prometheus.layer({ port, registries: "own" }).pipe(
            Layer.provideMerge(MetricsService.layer({ registry: "own" }))
          )
        )
      )
    }).pipe(Effect.provide(silent))
  )
})

describe("a collector, which has the official schema", () => {
  it.scopedLive.each(wires)(
    "passes on those of $histogram histograms that came over $protocol",
    ({ histogram, protocol }) =>
      Effect.gen(function* () {
        const receiver = yield* collector({ isVerbose: true })
        yield* Effect.gen(function* () {
          const one = yield* record(0.02)
          const two = yield* record(7_200)
          expect((yield* Telemetry.flush).flatMap(({ failures }) => failures)).toEqual([])
          const output = yield* eventually(
            Effect.sync(() => receiver.output()),
            (text) => text.includes(two.span.spanId)
          )
          for (const { span } of [one, two]) {
            expect(output).toContain(`-> Trace ID: ${span.traceId}`)
            expect(output).toContain(`-> Span ID: ${span.spanId}`)
          }
          expect(output).toContain("-> Value: 0.020000")
          expect(output).toContain("-> Value: 7200.000000")
          expect(output).not.toContain("Exemplar #2")
        }).pipe(Effect.provide(telemetry(receiver.url, protocol, histogram)))
      }).pipe(Effect.provide(silent))
  )
})

const telemetry = (url: string, protocol: "http/json" | "http/protobuf", histogram: HistogramKind) =>
  Telemetry.layer({ destinations: [{ type: "otlp", url, protocol }], registries: "own", interval: "1 hour" }).pipe(
    Layer.provideMerge(MetricsService.layer({ registry: "own", histograms: { default: histogram } }))
  )
