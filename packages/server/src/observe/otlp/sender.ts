/**
 * Sends requests to one collector with OpenTelemetry's exporter, which encodes them, talks HTTP and tries again within
 * its time limit. What it keeps to itself, the status and the points that were rejected, is read from the answers.
 */
import type { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { type Connection, makeConnection } from "./connection.ts"
import type { OtlpSettings } from "../config/otlp-settings.ts"
import { type Rejection, rejectionOf } from "./partial-success.ts"
import { loadPeer } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"

/** A request was not acknowledged. */
export class SendFailed extends Data.TaggedError("SendFailed")<{
  /** `refused`: this request will never be taken. `unavailable`: the next one may be. */
  readonly reason: "refused" | "unavailable"
  readonly message: string
}> {}

/** A way to one collector. One request at a time. */
export interface Sender {
  /** Ends within the time limit; an acknowledged request may have points that were rejected all the same. */
  readonly send: (metrics: ResourceMetrics) => Effect.Effect<Rejection, SendFailed>
  /** How long the last request took to be encoded, in milliseconds. */
  readonly encodeMs: () => number
  /** Cuts the connections, so that nothing in flight is acknowledged later or holds up the end of the process. */
  readonly cut: (why: string) => Effect.Effect<void>
}

/** Makes senders to one destination, each with connections and a time limit of its own. */
export type SenderFactory = (timeoutMs: number) => Sender

/** Loads the exporter that the protocol needs. */
export const makeSenderFactory = (settings: OtlpSettings): Effect.Effect<SenderFactory, TelemetryPeerMissing> =>
  Effect.map(exporterClass(settings.protocol), (Exporter) => (timeoutMs) => {
    const connection = makeConnection(settings)
    const exporter = new Exporter({
      url: settings.url.href,
      headers: { ...settings.headers },
      timeoutMillis: timeoutMs,
      httpAgentOptions: () => connection.agent,
      ...(isCompression(settings.compression) ? { compression: settings.compression } : {})
    })
    const way: Way = { exporter, connection, timeoutMs, encodeMs: 0 }
    return {
      send: (metrics) => send(way, metrics),
      encodeMs: () => way.encodeMs,
      cut: (why) => Effect.sync(() => connection.cut(why))
    }
  })

type ExporterOptions = NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]>
type Compression = NonNullable<ExporterOptions["compression"]>
type Exporter = Pick<OTLPMetricExporter, "export">

// The exporter's enum of compressions is these two words; it is not imported, as that would load another package.
const isCompression = (word: string): word is Compression => word === "none" || word === "gzip"

type ExporterClass = new (options: ExporterOptions) => Exporter

const exporterClass = (protocol: OtlpSettings["protocol"]): Effect.Effect<ExporterClass, TelemetryPeerMissing> =>
  protocol === "http/json"
    ? loadPeer("@opentelemetry/exporter-metrics-otlp-http", "OTLP as JSON", () =>
        import("@opentelemetry/exporter-metrics-otlp-http").then((module): ExporterClass => module.OTLPMetricExporter)
      )
    : loadPeer("@opentelemetry/exporter-metrics-otlp-proto", "OTLP as protobuf", () =>
        import("@opentelemetry/exporter-metrics-otlp-proto").then((module): ExporterClass => module.OTLPMetricExporter)
      )

interface Way {
  readonly exporter: Exporter
  readonly connection: Connection
  readonly timeoutMs: number
  encodeMs: number
}

/** The time limit is one of the wire: it is real time, whatever clock the program runs by. */
const send = (way: Way, metrics: ResourceMetrics): Effect.Effect<Rejection, SendFailed> =>
  Effect.async((resume) => {
    const { connection, exporter, timeoutMs } = way
    connection.forget()
    const fail = (error: unknown): void => {
      clearTimeout(limit)
      resume(failure(connection, error))
    }
    const late = `no answer within ${timeoutMs} ms`
    const limit = setTimeout(() => {
      fail(new Error(late))
      connection.drop(late)
    }, timeoutMs)
    connection.onCut(fail)
    const started = performance.now()
    const outcome = Either.try(() =>
      exporter.export(metrics, ({ code, error }) => {
        if (code === 0) {
          clearTimeout(limit)
          resume(Effect.sync(() => rejectionOf(connection.answer())))
        } else {
          fail(error)
        }
      })
    )
    way.encodeMs = performance.now() - started
    if (Either.isLeft(outcome)) {
      fail(outcome.left)
    }
    return Effect.sync(() => {
      clearTimeout(limit)
    })
  })

const failure = (connection: Connection, error: unknown): SendFailed => {
  const answer = connection.answer()
  if (answer === undefined) {
    return new SendFailed({ reason: "unavailable", message: messageOf(error) })
  }
  const reason = [408, 429, 502, 503, 504].includes(answer.status) ? "unavailable" : "refused"
  const detail = answer.body().toString("utf8").replace(/\s+/g, " ").trim().slice(0, 200)
  return new SendFailed({
    reason,
    message: `${answer.status} ${answer.statusText}${detail === "" || reason === "unavailable" ? "" : `: ${detail}`}`
  })
}

/** A refused connection to a name with two addresses is an error of errors without a message of its own. */
const messageOf = (error: unknown): string => {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = Predicate.hasProperty(first, "code") && typeof first.code === "string" ? first.code : ""
  const text = first instanceof Error ? first.message : String(first)
  return text === "" ? code : text
}
