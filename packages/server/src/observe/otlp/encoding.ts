/** Requests as bytes: encoded by OpenTelemetry's serialisers, compressed off the event loop. */
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import type { OtlpTarget } from "../config/otlp-settings.ts"
import { loadPeer, type PeerUse, unavailable } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { Serializer } from "./exemplar-fields.ts"
import type { Body } from "./in-flight.ts"

/** How a destination wants its requests. */
export interface Encoding<A> {
  readonly encode: (content: A) => Effect.Effect<Encoded>
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

/** OpenTelemetry's serialisers of all signals. */
export type Serializers = typeof import("@opentelemetry/otlp-transformer")

/** What a signal is encoded with, as JSON and as protobuf. */
export interface SignalSerializers<A> {
  readonly json: Serializer<A>
  readonly protobuf: Serializer<A>
}

/** Loads the serialisers of a signal. */
export const makeEncoding = <A>(
  { compression, neededFor, protocol }: Pick<OtlpTarget, "compression" | "protocol"> & { readonly neededFor: PeerUse },
  serializersOf: (all: Serializers) => SignalSerializers<A>
): Effect.Effect<Encoding<A>, TelemetryPeerMissing> =>
  Effect.map(
    loadPeer("@opentelemetry/otlp-transformer", neededFor, () =>
      import("@opentelemetry/otlp-transformer").catch(unavailable)
    ),
    (all) => {
      const isJson = protocol === "http/json"
      // gRPC compresses each message by itself.
      const isGzip = compression === "gzip" && protocol !== "grpc"
      const { serializeRequest } = serializersOf(all)[isJson ? "json" : "protobuf"]
      const headers = {
        "content-type": isJson ? "application/json" : "application/x-protobuf",
        "user-agent": userAgent
      }
      const serialize = (content: A) =>
        Effect.sync(() => {
          const started = performance.now()
          const bytes = serializeRequest(content) ?? nothing
          return new Encoded({ bytes, headers, encodeMs: performance.now() - started })
        })
      return {
        empty: { bytes: Buffer.from(isJson ? "{}" : ""), headers },
        encode: (content) => (isGzip ? Effect.flatMap(serialize(content), gzipped) : serialize(content))
      }
    }
  )

/** Who sends. */
export const userAgent = "parametric-portal-server"

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
