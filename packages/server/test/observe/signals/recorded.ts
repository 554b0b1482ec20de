/** Telemetry of traces and logs to a collector of the test's own, and what the collector finds of them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import { type Answer, type Collector, collector, type Received } from "../otlp/collector.ts"
import { captureLog } from "../otlp/pipeline.ts"
import type { ServerResponse } from "node:http"

/** Both signals as JSON, at once or after a long time as `scheduleDelay` says; no metrics. */
export const signalsTo = (
  { url }: Pick<Collector, "url">,
  { logs = {}, traces = {}, ...options }: TelemetryOptions = {}
): Layer.Layer<Telemetry | MetricsService> => {
  const target = (path: string) =>
    ({ exporter: "otlp", protocol: "http/json", scheduleDelay: "1 hour", url: new URL(path, url).href }) as const
  const telemetry = Telemetry.layer({
    destinations: [],
    shutdownTimeout: "2 seconds",
    traces: { ...target("/v1/traces"), ...traces },
    logs: { ...target("/v1/logs"), ...logs },
    ...options
  })
  return Layer.orDie(Layer.provideMerge(telemetry, MetricsService.layer({ registry: "own" })))
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

export interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<Attribute>
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes: ReadonlyArray<Attribute> }>
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  readonly status: { readonly code: number; readonly message?: string }
}

export interface WireLogRecord {
  readonly timeUnixNano: string
  readonly severityNumber: number
  readonly severityText: string
  readonly body: { readonly stringValue?: string }
  readonly attributes: ReadonlyArray<Attribute>
  readonly traceId?: string
  readonly spanId?: string
  readonly flags?: number
}

interface WireSignals {
  readonly resourceSpans?: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<WireSpan> }>
  }>
  readonly resourceLogs?: ReadonlyArray<{
    readonly scopeLogs: ReadonlyArray<{ readonly logRecords: ReadonlyArray<WireLogRecord> }>
  }>
}

const signalsOf = ({ body }: Pick<Received, "body">): WireSignals => JSON.parse(body === "" ? "{}" : body)

/** The spans of these requests, as they came. */
export const spansOf = (requests: ReadonlyArray<Pick<Received, "body">>): ReadonlyArray<WireSpan> =>
  requests
    .flatMap((request) => signalsOf(request).resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)

/** The log records of these requests, as they came. */
export const recordsOf = (requests: ReadonlyArray<Pick<Received, "body">>): ReadonlyArray<WireLogRecord> =>
  requests
    .flatMap((request) => signalsOf(request).resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)

/** Attributes as pairs of their names and plain values. */
export const plain = (attributes: ReadonlyArray<Attribute>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** So many spans, each with a line in it, named and numbered from 0. */
export const work = (times: number): Effect.Effect<void> =>
  Effect.forEach(
    Array.from({ length: times }, (_, index) => index),
    (index) => Effect.withSpan(Effect.log(`line ${index}`), `span ${index}`),
    { discard: true }
  )

/** The numbers of what `work` did. */
export const numbered = (texts: ReadonlyArray<string | undefined>): ReadonlyArray<number> =>
  texts.flatMap((text) => (/^(?:span|line) \d+$/.test(text ?? "") ? [Number(text?.slice(5))] : []))

/** The numbers of the spans and of the lines that came, in order. */
export const arrived = (requests: ReadonlyArray<Pick<Received, "body">>) => ({
  spans: numbered(spansOf(requests).map(({ name }) => name)),
  lines: numbered(recordsOf(requests).map(({ body }) => body.stringValue))
})

/** 0, 1, 2 and so on. */
export const upTo = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

/** A program that ends; what came of it. */
export const ran = <A, E>(
  program: Effect.Effect<A, E, Telemetry | MetricsService>,
  answer: Answer,
  options: Parameters<typeof signalsTo>[1] = {}
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const log = captureLog()
      const { requests, url } = yield* collector(answer)
      yield* program.pipe(Effect.provide(signalsTo({ url }, options)), Effect.provide(log.layer))
      return { requests, log: log.lines, ...arrived(requests) }
    })
  )

/** Answers with a status, and nothing else. */
export const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, headers).end()
  }
