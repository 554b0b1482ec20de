/**
 * An OTLP collector for tests of what an application exports: it listens on a free port of 127.0.0.1, and decodes and keeps
 * what it receives. It needs no package but `effect`.
 *
 * [Testing your metrics](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/testing.md)
 *
 * @module
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { attempt } from "../catalogue/attempt.ts"
import { append } from "./collector/append.ts"
import type { Attributes, LogRecord, MetricPoint, SpanRecord } from "./collector/records.ts"
import { decode, encodingOf, type Signal, signalOf } from "./collector/request.ts"
import { type Answer, serve, type Whole } from "./collector/server.ts"

export type {
  Attributes,
  AttributeValue,
  ExponentialBuckets,
  ExponentialPoint,
  ExponentialValue,
  HistogramPoint,
  LogRecord,
  MetricPoint,
  NumberPoint,
  ReceivedExemplar,
  SpanRecord,
  SummaryPoint,
  Temporality
} from "./collector/records.ts"
export type { Signal } from "./collector/request.ts"

/** A received request, and its answer. */
export interface CollectorRequest {
  /** The signal of the path; undefined for other paths. */
  readonly signal: Signal | undefined
  /** The path, such as `/v1/metrics`. */
  readonly path: string
  /** The encoding by its content type; undefined for any other content type. */
  readonly encoding: "json" | "protobuf" | undefined
  /** The headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The HTTP status of the answer: 200 if the request was taken. */
  readonly status: number
  /** Why the request was refused; undefined if it was taken. */
  readonly problem: string | undefined
}

/** What a collector received. */
export interface CollectorService {
  /** The address, as for `OTEL_EXPORTER_OTLP_ENDPOINT`: without `/v1/metrics`. */
  readonly url: string
  /** All data points, in the order of arrival. A cumulative exporter sends each series at each export. */
  readonly metrics: Effect.Effect<ReadonlyArray<MetricPoint>>
  /** The last point of a metric whose attributes include these, or undefined before the first. */
  readonly latest: (name: string, attributes?: Attributes) => Effect.Effect<MetricPoint | undefined>
  /** All spans, in the order of arrival. */
  readonly spans: Effect.Effect<ReadonlyArray<SpanRecord>>
  /** All log records, in the order of arrival. */
  readonly logs: Effect.Effect<ReadonlyArray<LogRecord>>
  /** All requests, including refused ones. */
  readonly requests: Effect.Effect<ReadonlyArray<CollectorRequest>>
  /** Deletes everything received so far. */
  readonly clear: Effect.Effect<void>
}

/** A collector in this process, over OTLP/HTTP: JSON and protobuf, plain and gzip, all three signals. */
export class Collector extends Context.Tag("server/testing/Collector")<Collector, CollectorService>() {
  /**
   * Runs a collector until the layer's scope closes. For code under the layer, it sets the endpoint variables
   * (`OTEL_EXPORTER_OTLP_ENDPOINT` and those of each signal) to the collector, and the protocol variables to `http/json`, in
   * Effect's `ConfigProvider`. All other variables are unchanged. If the application sets an address in code, use `url`.
   */
  static readonly layer: Layer.Layer<Collector> = Layer.unwrapScoped(
    Effect.suspend(() =>
      Effect.zipWith(make, Effect.configProviderWith(Effect.succeed), (collector, others) =>
        Layer.merge(Layer.succeed(Collector, collector), Layer.setConfigProvider(variables(collector.url, others)))
      )
    )
  )
}

const variables = (url: string, others: ConfigProvider.ConfigProvider): ConfigProvider.ConfigProvider => {
  const of = (signal: string, path: string): ReadonlyArray<readonly [string, string]> => [
    [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, `${url}/v1/${path}`],
    [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, "http/json"]
  ]
  const own = new Map([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", url],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"],
    ...of("METRICS", "metrics"),
    ...of("TRACES", "traces"),
    ...of("LOGS", "logs")
  ])
  return ConfigProvider.orElse(ConfigProvider.fromMap(own), () => others)
}

const make: Effect.Effect<CollectorService, never, Scope.Scope> = Effect.gen(function* () {
  const points: Array<MetricPoint> = []
  const spans: Array<SpanRecord> = []
  const logs: Array<LogRecord> = []
  const requests: Array<CollectorRequest> = []
  const answer = ({ body, request: { headers, url = "/" } }: Whole): Answer => {
    const contentType = headers["content-type"] ?? ""
    const incoming = { path: url, contentType, contentEncoding: headers["content-encoding"] ?? "", body }
    // What is nested too deeply overflows the stack.
    const decoded = attempt(() => decode(incoming)) ?? Either.left({ status: 400, problem: "the body can't be read" })
    const encoding = encodingOf(contentType)
    const refusal = Either.isLeft(decoded) ? decoded.left : undefined
    if (Either.isRight(decoded)) {
      append(points, decoded.right.points)
      append(spans, decoded.right.spans)
      append(logs, decoded.right.logs)
    }
    const status = refusal?.status ?? 200
    const named = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
    requests.push({
      signal: signalOf(url),
      path: url,
      encoding,
      headers: Object.fromEntries(named),
      status,
      problem: refusal?.problem
    })
    return refusal === undefined
      ? { status, contentType, body: encoding === "json" ? "{}" : "" }
      : { status, contentType: "text/plain; charset=utf-8", body: refusal.problem }
  }
  const port = yield* serve(answer)
  const includes = (all: Attributes, wanted: Attributes): boolean =>
    Object.entries(wanted).every(([name, value]) => JSON.stringify(all[name]) === JSON.stringify(value))
  return {
    url: `http://127.0.0.1:${port}`,
    metrics: Effect.sync(() => [...points]),
    latest: (name, attributes = {}) =>
      Effect.sync(() => points.findLast((point) => point.name === name && includes(point.attributes, attributes))),
    spans: Effect.sync(() => [...spans]),
    logs: Effect.sync(() => [...logs]),
    requests: Effect.sync(() => [...requests]),
    clear: Effect.sync(() => [points, spans, logs, requests].forEach((all) => all.splice(0)))
  }
})
