/** Requests as bytes: encoded by OpenTelemetry's serialisers, compressed off the event loop. */
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import type { OtlpSettings } from "../config/otlp-settings.ts"
import { loadPeer } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { Body } from "./connection.ts"

/** How a destination wants its requests. */
export interface Encoding {
  readonly encode: (metrics: ResourceMetrics) => Effect.Effect<Encoded>
  /** A request without points, which only asks whether the receiver is there. */
  readonly empty: Body
}

/** What is sent. */
export class Encoded implements Body {
  bytes: Uint8Array
  readonly byteLength: number
  readonly headers: Body["headers"]
  /** How long the event loop was held up by encoding it, in milliseconds. */
  readonly encodeMs: number

  constructor({ bytes, encodeMs, headers }: Body & { readonly encodeMs: number }) {
    this.bytes = bytes
    this.byteLength = bytes.byteLength
    this.headers = headers
    this.encodeMs = encodeMs
  }

  /**
   * Lets go of the bytes. What waits for an answer is kept by fibers, often until memory is collected as a whole; with
   * the bytes of every request in it, that happened within nearly every export of 100,000 series.
   */
  release(): void {
    this.bytes = nothing
  }
}

const nothing = new Uint8Array()

/** Loads the serialisers. */
export const makeEncoding = ({
  compression,
  protocol
}: Pick<OtlpSettings, "compression" | "protocol">): Effect.Effect<Encoding, TelemetryPeerMissing> =>
  Effect.map(
    loadPeer("@opentelemetry/otlp-transformer", "OTLP", () => import("@opentelemetry/otlp-transformer")),
    ({ JsonMetricsSerializer, ProtobufMetricsSerializer }) => {
      const isJson = protocol === "http/json"
      const { serializeRequest } = isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer
      const headers = {
        "content-type": isJson ? "application/json" : "application/x-protobuf",
        "user-agent": userAgent
      }
      const serialize = (metrics: ResourceMetrics) =>
        Effect.sync(() => {
          const started = performance.now()
          const bytes = serializeRequest(metrics) ?? nothing
          return new Encoded({ bytes, headers, encodeMs: performance.now() - started })
        })
      return {
        empty: { bytes: Buffer.from(isJson ? "{}" : ""), headers },
        encode: (metrics) => (compression === "gzip" ? Effect.flatMap(serialize(metrics), gzipped) : serialize(metrics))
      }
    }
  )

const userAgent = "parametric-portal-server"

const gzipped = (encoded: Encoded): Effect.Effect<Encoded> =>
  Effect.async((resume) => {
    Zlib.gzip(encoded.bytes, (error, bytes) => {
      resume(
        error === null
          ? Effect.succeed(
              new Encoded({
                bytes,
                headers: { ...encoded.headers, "content-encoding": "gzip" },
                encodeMs: encoded.encodeMs
              })
            )
          : Effect.die(error)
      )
    })
  })
