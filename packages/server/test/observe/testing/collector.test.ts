import { describe, expect, it } from "@effect/vitest"
import { ProtobufMetricsSerializer, JsonMetricsSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { AggregationTemporality, DataPointType, type ResourceMetrics } from "@opentelemetry/sdk-metrics"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { gzipSync } from "node:zlib"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import { Collector, type MetricPoint, type ReceivedExemplar } from "../../../src/observe/testing/collector.ts"
import { append } from "../../../src/observe/testing/collector/append.ts"
import { fromProtobuf } from "../../../src/observe/testing/collector/protobuf.ts"
import { decode } from "../../../src/observe/testing/collector/request.ts"
import * as Testing from "../../../src/observe/testing.ts"

const application = (options: TelemetryOptions = {}) =>
  Layer.orDie(Telemetry.layer({ serviceName: "shop", registries: "own", ...options })).pipe(
    Layer.provideMerge(Testing.layer()),
    Layer.merge(Logger.remove(Logger.defaultLogger))
  )

const work = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  yield* MetricsService.inc(jobs.completions, { job_type: "mail" }, 2)
  yield* Metric.update(jobs.duration, Duration.seconds(2))
})

const post = (url: string, body: string | Uint8Array, headers: Record<string, string>) =>
  Effect.promise(() =>
    fetch(url, { method: "POST", body, headers }).then(async (answer) => [answer.status, await answer.text()] as const)
  )

const exemplarsOf = (point: MetricPoint): ReadonlyArray<ReceivedExemplar> =>
  point.type === "summary" ? [] : (point.exemplars ?? [])

describe("the collector of tests", () => {
  it.live("takes an application that is told nothing of it, and its last export", () =>
    Effect.gen(function* () {
      const collector = yield* Collector
      yield* Effect.provide(work, application())
      const completed = yield* collector.latest("jobs_completed_total", { job_type: "mail" })
      const took = yield* collector.latest("jobs_duration_seconds")
      expect(completed).toMatchObject({
        type: "sum",
        isMonotonic: true,
        temporality: "cumulative",
        unit: "{job}",
        value: 2,
        attributes: { job_type: "mail" },
        scope: "@parametric-portal/server",
        resource: { "service.name": "shop" }
      })
      expect(took?.value).toEqual({
        count: 1,
        sum: 2,
        min: 2,
        max: 2,
        buckets: { "0.01": 0, "0.1": 0, "1": 0, "10": 1, "100": 0, "1000": 0, "+Inf": 0 }
      })
      const requests = yield* collector.requests
      expect(requests.map(({ encoding, signal, status }) => [signal, encoding, status])).toEqual([
        ["metrics", "json", 200]
      ])
      yield* collector.clear
      expect([yield* collector.metrics, yield* collector.requests]).toEqual([[], []])
    }).pipe(Effect.provide(Collector.layer))
  )

  it.effect("takes an export under a test clock", () =>
    Effect.gen(function* () {
      const collector = yield* Collector
      yield* Effect.provide(
        Effect.zipRight(
          work,
          Effect.flatMap(Telemetry, ({ flush }) => flush)
        ),
        application()
      )
      expect((yield* collector.latest("jobs_completed_total"))?.value).toBe(2)
    }).pipe(Effect.provide(Collector.layer))
  )

  it.live("reads the same from JSON and protobuf, plain and gzip, of all three signals", () =>
    Effect.gen(function* () {
      const received = (protocol: "http/json" | "http/protobuf", compression: "none" | "gzip") =>
        Effect.gen(function* () {
          const collector = yield* Collector
          const target = (path: string) => ({ protocol, compression, url: `${collector.url}/v1/${path}` }) as const
          const traced = Effect.gen(function* () {
            yield* work
            yield* Effect.logWarning("sent late")
            yield* Effect.fail("no").pipe(Effect.withSpan("inner"), Effect.ignore)
          }).pipe(Effect.withSpan("send", { kind: "consumer", attributes: { size: 3, share: 0.5, urgent: true } }))
          yield* Effect.provide(
            traced,
            application({
              destinations: [{ type: "otlp", ...target("metrics") }],
              traces: { exporter: "otlp", ...target("traces") },
              logs: { exporter: "otlp", ...target("logs") },
              resource: { "service.instance.id": "one" }
            })
          )
          const requests = yield* collector.requests
          expect(
            new Set(requests.map(({ encoding, headers }) => [encoding, headers["content-encoding"]].join(" ")))
          ).toEqual(new Set([`${protocol.replace("http/", "")} ${compression === "gzip" ? "gzip" : ""}`]))
          // Of the library's own metrics some depend on time and on the form of the requests.
          const points = (yield* collector.metrics).filter(({ name }) => name.startsWith("jobs_"))
          return {
            points: points.map((point) => ({
              ...point,
              startTimeUnixNano: undefined,
              timeUnixNano: undefined,
              exemplars: exemplarsOf(point).map(({ attributes, spanId, traceId, value }) => {
                return { attributes, value, ids: [spanId?.length, traceId?.length] }
              })
            })),
            spans: (yield* collector.spans).map(({ attributes, kind, name, parentSpanId, resource, scope, status }) => {
              const hasParent = parentSpanId !== undefined
              return { attributes, kind, name, hasParent, resource, scope, status }
            }),
            // What telemetry says of itself is sent as well, and when depends on time.
            logs: (yield* collector.logs)
              .filter(({ severity }) => severity === "WARN")
              .map(({ body, resource, severity, spanId, traceId }) => {
                return { body, resource, severity, ids: [spanId?.length, traceId?.length] }
              })
          }
        }).pipe(Effect.provide(Collector.layer))
      const json = yield* received("http/json", "none")
      expect(json.points.map(({ name }) => name)).toEqual(["jobs_completed_total", "jobs_duration_seconds"])
      expect(json.spans.map(({ name, hasParent, kind, status }) => [name, hasParent, kind, status.code])).toEqual([
        ["inner", true, "internal", "error"],
        ["send", false, "consumer", "ok"]
      ])
      expect(json.spans[1]?.attributes).toMatchObject({ share: 0.5, size: 3, urgent: true })
      expect(json.logs.map(({ body, ids, severity }) => [body, severity, ids])).toEqual([
        ["sent late", "WARN", [16, 32]]
      ])
      expect(yield* received("http/protobuf", "none")).toEqual(json)
      expect(yield* received("http/protobuf", "gzip")).toEqual(json)
      expect(yield* received("http/json", "gzip")).toEqual(json)
    })
  )

  it.live("reads what OpenTelemetry's serialisers write of every type of point and attribute", () =>
    Effect.gen(function* () {
      const collector = yield* Collector
      const time = { startTime: [1_700_000_000, 0], endTime: [1_700_000_001, 5] } as const
      const attributes = { text: "a", list: ["x", 1, true], deep: { b: -7, a: [{ c: 2.5 }] } }
      const exponential = {
        count: 6,
        sum: 12.5,
        min: -1,
        max: 9,
        scale: -3,
        zeroCount: 1,
        positive: { offset: -2, bucketCounts: [1, 0, 3] },
        negative: { offset: 4, bucketCounts: [1] }
      }
      const descriptor = { name: "m", description: "d", unit: "s", valueType: 1 }
      const base = { aggregationTemporality: AggregationTemporality.DELTA }
      const metrics = {
        resource: resourceFromAttributes({ "service.name": "shop" }),
        scopeMetrics: [
          {
            scope: { name: "s", version: "1" },
            metrics: [
              {
                ...base,
                descriptor,
                dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
                dataPoints: [{ ...time, attributes, value: exponential }]
              },
              {
                ...base,
                descriptor,
                isMonotonic: false,
                dataPointType: DataPointType.SUM,
                dataPoints: [
                  { ...time, attributes, value: -3 },
                  { ...time, attributes, value: Number.POSITIVE_INFINITY }
                ]
              }
            ]
          }
        ]
      } as unknown as ResourceMetrics
      const sent = (serializer: typeof JsonMetricsSerializer, type: string) =>
        Effect.gen(function* () {
          yield* collector.clear
          const body = serializer.serializeRequest(metrics) ?? new Uint8Array()
          yield* post(`${collector.url}/v1/metrics`, body, { "content-type": type })
          expect((yield* collector.requests).map(({ problem }) => problem)).toEqual([undefined])
          return yield* collector.metrics
        })
      const protobuf = yield* sent(ProtobufMetricsSerializer, "application/x-protobuf")
      expect(protobuf.map(({ value }) => value)).toEqual([
        {
          count: 6,
          sum: 12.5,
          min: -1,
          max: 9,
          scale: -3,
          zeroCount: 1,
          positive: { offset: -2, counts: [1, 0, 3] },
          negative: { offset: 4, counts: [1] }
        },
        -3,
        Number.POSITIVE_INFINITY
      ])
      expect(protobuf[0]).toMatchObject({
        attributes,
        temporality: "delta",
        startTimeUnixNano: 1_700_000_000_000_000_000n,
        timeUnixNano: 1_700_000_001_000_000_005n
      })
      const json = yield* sent(JsonMetricsSerializer, "application/json")
      // JSON.stringify writes an infinite number as null.
      expect(json.slice(0, 2)).toEqual(protobuf.slice(0, 2))
    }).pipe(Effect.provide(Collector.layer))
  )

  it.live("refuses what it can't read, and says why", () =>
    Effect.gen(function* () {
      const collector = yield* Collector
      const json = { "content-type": "application/json" }
      const answers = [
        yield* post(`${collector.url}/v1/metrics`, "{", json),
        yield* post(`${collector.url}/v1/profiles`, "{}", json),
        yield* post(`${collector.url}/v1/logs`, "x", { "content-type": "text/plain" }),
        yield* post(`${collector.url}/v1/traces`, new Uint8Array([0x0a, 0x7f, 0x01]), {
          "content-type": "application/x-protobuf"
        }),
        yield* post(`${collector.url}/v1/traces`, "{}", { ...json, "content-encoding": "gzip" }),
        yield* post(`${collector.url}/v1/logs`, "{}", { ...json, "content-encoding": "br" })
      ]
      expect(answers).toEqual([
        [400, "the body is no JSON"],
        [404, "no signal of OTLP has the path /v1/profiles"],
        [415, 'the content type "text/plain" is neither application/json nor application/x-protobuf'],
        [400, "the body is no protobuf"],
        [400, "the body is no gzip, or too large"],
        [415, 'the content encoding "br" is neither gzip nor identity']
      ])
      expect(yield* post(`${collector.url}/v1/logs`, "[]", json)).toEqual([
        400,
        "the body: Expected Struct (Encoded side), actual []"
      ])
      const wrong = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5}]}]}]}'
      expect(yield* post(`${collector.url}/v1/traces`, wrong, json)).toEqual([
        400,
        "resourceSpans.0.scopeSpans.0.spans.0.name: Expected string, actual 5"
      ])
      expect((yield* collector.requests).map(({ status: one }) => one)).toEqual([
        400, 404, 415, 400, 400, 415, 400, 400
      ])
      expect(yield* collector.spans).toEqual([])
    }).pipe(Effect.provide(Collector.layer))
  )

  it("reads a content encoding in any case", () => {
    const body = gzipSync("{}")
    const read = decode({ path: "/v1/logs", contentType: "application/json", contentEncoding: "GZIP", body })
    expect(read).toEqual(Either.right({ points: [], spans: [], logs: [] }))
  })

  it("reads a long list in time that grows with its length alone, and keeps any number of records", () => {
    const many = 150_000
    // Log records that are empty, 2 bytes each, in one scope.
    const records = Buffer.alloc(2 * many, Buffer.from([0x12, 0]))
    const message = fromProtobuf(records, "ScopeLogs")
    const list = message?.["logRecords"]
    expect(Array.isArray(list) && list.length).toBe(many)
    const kept = [0]
    append(kept, Array.from({ length: many }, Number))
    expect(kept.length).toBe(many + 1)
  })

  it.live("leaves other variables as they are, and frees its port", () =>
    Effect.gen(function* () {
      const read = Effect.flatMap(Collector, ({ url }) =>
        Effect.map(
          Effect.all([Config.string("OTEL_SERVICE_NAME"), Config.string("OTEL_EXPORTER_OTLP_ENDPOINT")]),
          (all) => [url, ...all]
        )
      )
      const provider = ConfigProvider.fromMap(
        new Map([
          ["OTEL_SERVICE_NAME", "shop"],
          ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://elsewhere"]
        ])
      )
      const [url, ...found] = yield* read.pipe(Effect.provide(Collector.layer), Effect.withConfigProvider(provider))
      expect(found).toEqual(["shop", url])
      const again = yield* Effect.promise(() =>
        fetch(`${url}`).then(
          () => "open",
          () => "closed"
        )
      )
      expect(again).toBe("closed")
    })
  )

  it.effect("reads any bytes, and ends with what they hold or with why they can't be read", () =>
    Effect.sync(() => {
      const decoded = (contentType: string, path: string, body: Uint8Array) =>
        decode({ path, contentType, contentEncoding: "", body })
      FastCheck.assert(
        FastCheck.property(
          FastCheck.uint8Array({ maxLength: 200 }),
          FastCheck.constantFrom("metrics", "traces", "logs"),
          (body, signal) => {
            const result = decoded("application/x-protobuf", `/v1/${signal}`, body)
            expect(Either.isRight(result) || result.left.status === 400).toBe(true)
          }
        ),
        { numRuns: 300 }
      )
      const summary = {
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: "took",
                    summary: {
                      dataPoints: [
                        { count: "2", sum: 3.5, quantileValues: [{ quantile: 0.5, value: "NaN" }, { quantile: 1 }] }
                      ]
                    }
                  },
                  { name: "open", gauge: { dataPoints: [{ asInt: "7", attributes: [{ key: "route" }] }] } }
                ]
              }
            ]
          }
        ]
      }
      const result = decoded("application/json", "/any/v1/metrics", Buffer.from(JSON.stringify(summary)))
      expect(
        Either.map(result, ({ points }) => points.map(({ attributes, name, value }) => [name, attributes, value]))
      ).toEqual(
        Either.right([
          ["took", {}, { count: 2, sum: 3.5, quantiles: { "0.5": Number.NaN, "1": 0 } }],
          ["open", { route: null }, 7]
        ])
      )
    })
  )
})
