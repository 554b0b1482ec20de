/**
 * A collector for tests of one's own wiring: it listens on a free port of 127.0.0.1, and keeps what it is sent, decoded.
 * It needs no package but `effect`.
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
  SpanRecord,
  SummaryPoint,
  Temporality
} from "./collector/records.ts"
export type { Signal } from "./collector/request.ts"

/** A request as it came, and how it was answered. */
export interface CollectorRequest {
  /** Undefined of a path that no signal has. */
  readonly signal: Signal | undefined
  /** The path, such as `/v1/metrics`. */
  readonly path: string
  /** How its body is written; undefined where it says neither. */
  readonly encoding: "json" | "protobuf" | undefined
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** 200, or why not in `problem`. */
  readonly status: number
  /** Why it was not taken; undefined where it was. */
  readonly problem: string | undefined
}

/** What a collector received. */
export interface CollectorService {
  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` takes: the address to which `/v1/metrics` is added. */
  readonly url: string
  /** All data points, in the order of their coming. A cumulative exporter sends each series at each export. */
  readonly metrics: Effect.Effect<ReadonlyArray<MetricPoint>>
  /** The last point of a metric whose attributes include these, or undefined before the first. */
  readonly latest: (name: string, attributes?: Attributes) => Effect.Effect<MetricPoint | undefined>
  /** All spans, in the order of their coming. */
  readonly spans: Effect.Effect<ReadonlyArray<SpanRecord>>
  /** All log records, in the order of their coming. */
  readonly logs: Effect.Effect<ReadonlyArray<LogRecord>>
  /** All requests, those included that were refused as they could not be read. */
  readonly requests: Effect.Effect<ReadonlyArray<CollectorRequest>>
  /** Forgets all of it. */
  readonly clear: Effect.Effect<void>
}

/** A collector in this process, over OTLP/HTTP: JSON and protobuf, plain and gzip, all three signals. */
export class Collector extends Context.Tag("server/testing/Collector")<Collector, CollectorService>() {
  /**
   * A collector until the layer's scope closes. What the layer is provided to reads its address from the variables
   * `OTEL_EXPORTER_OTLP_ENDPOINT` and those of each signal, as an application does in production; others are as before.
   * Where the application gives an address in code, give it `url`.
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
