/** Reads the body of an HTTP request as an OTLP request: content type, encoding, size limit, decoding. */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Zlib from "node:zlib"
import { fromJson } from "./otlp-json.ts"
import { decodeRequest, isRequest, schemaErrorOf } from "./otlp-schema.ts"
import { type Decoded, pointsOf } from "./points.ts"

/** The content types of OTLP over HTTP. */
export type ContentType = "application/json" | "application/x-protobuf"

/** The request is answered with an error status; `message` says why. */
export class RequestRejected extends Data.TaggedError("RequestRejected")<{
  readonly status: 400 | 404 | 405 | 413 | 415
  readonly message: string
}> {}

/** A body after gzip, and its size on the wire. */
export interface Body {
  readonly bytes: number
  readonly inflated: Uint8Array
}

export const contentTypeOf = (request: HttpServerRequest): Effect.Effect<ContentType, RequestRejected> => {
  const given = request.headers["content-type"] ?? ""
  const type = given.split(";")[0]?.trim().toLowerCase()
  if (type === "application/json" || type === "application/x-protobuf") {
    return Effect.succeed(type)
  }
  const message = `unsupported content type ${JSON.stringify(given)}: use application/json or application/x-protobuf`
  return new RequestRejected({ status: 415, message })
}

/** Reads a body and inflates it if it is compressed. Neither form may be longer than `limit` bytes. */
export const readBody = (request: HttpServerRequest, limit: number): Effect.Effect<Body, RequestRejected> =>
  Effect.gen(function* () {
    const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
    if (encoding !== "gzip" && encoding !== "identity") {
      const message = `unsupported content encoding ${JSON.stringify(encoding)}: use gzip or identity`
      return yield* new RequestRejected({ status: 415, message })
    }
    if (Number(request.headers["content-length"] ?? 0) > limit) {
      return yield* tooLarge(limit)
    }
    const received = yield* collect(request, limit)
    const inflated = encoding === "gzip" ? yield* inflate(received, limit) : received
    return { bytes: received.length, inflated }
  })

const tooLarge = (limit: number) =>
  new RequestRejected({ status: 413, message: `the body is longer than ${limit} bytes` })

/** Reads to the end even above the limit: a sender that is still writing would not see the answer. */
const collect = (request: HttpServerRequest, limit: number): Effect.Effect<Uint8Array, RequestRejected> =>
  Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    let length = 0
    const take = (part: Uint8Array) => {
      length += part.length
      if (length <= limit) {
        parts.push(part)
      }
    }
    return Stream.runForEachChunk(request.stream, (chunk) =>
      Effect.sync(() => {
        for (const part of chunk) {
          take(part)
        }
      })
    ).pipe(
      Effect.mapError(
        (error) => new RequestRejected({ status: 400, message: `the body was cut off: ${error.message}` })
      ),
      Effect.flatMap(() => (length > limit ? tooLarge(limit) : Effect.sync(() => Buffer.concat(parts))))
    )
  })

const inflate = (body: Uint8Array, limit: number): Effect.Effect<Uint8Array, RequestRejected> =>
  Effect.async((resume) => {
    Zlib.gunzip(body, { maxOutputLength: limit }, (error, inflated) => {
      if (error === null) {
        return resume(Effect.succeed(inflated))
      }
      const isTooLarge = "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"
      if (isTooLarge) {
        return resume(tooLarge(limit))
      }
      resume(new RequestRejected({ status: 400, message: `the body is not gzip: ${error.message}` }))
    })
  })

/** Decodes and checks a body. */
export const decode = (body: Uint8Array, type: ContentType): Effect.Effect<Decoded, RequestRejected> =>
  (type === "application/json" ? parseJson(body) : parseProtobuf(body)).pipe(
    Effect.flatMap((message) => {
      if (!isRequest(message)) {
        return malformed(schemaErrorOf(message) ?? "the body does not match the OTLP schema")
      }
      return Effect.mapError(pointsOf(message), (error) => malformed(error.message))
    })
  )

const malformed = (message: string) => new RequestRejected({ status: 400, message })

const parseProtobuf = (body: Uint8Array): Effect.Effect<object, RequestRejected> =>
  Effect.try({
    try: () => decodeRequest(body),
    catch: (error) => malformed(`the body is not an OTLP request in protobuf: ${String(error)}`)
  })

const parseJson = (body: Uint8Array): Effect.Effect<object, RequestRejected> =>
  Effect.try({
    try: (): unknown => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)),
    catch: (error) => malformed(`the body is not JSON: ${String(error)}`)
  }).pipe(
    Effect.flatMap((json) => {
      if (typeof json !== "object" || json === null || Array.isArray(json)) {
        return malformed("the body is not a JSON object")
      }
      const problem = fromJson(json)
      return problem === null ? Effect.succeed(json) : malformed(problem)
    })
  )
