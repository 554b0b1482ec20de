/** Makes an OTLP request of the bytes of a body: content type, encoding, limits of work, decoding. */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import { tooLarge } from "./incoming-body.ts"
import { jsonProblem } from "./json-scan.ts"
import { fromJson } from "./otlp-json.ts"
import { decodeRequest, isRequest, schemaErrorOf } from "./otlp-schema.ts"
import { type Decoded, pointsOf } from "./points.ts"
import { protobufProblem } from "./protobuf-scan.ts"
import { quote, shorten } from "./quote.ts"
import { RequestRejected } from "./request-rejected.ts"

/** The content types of OTLP over HTTP. */
export type ContentType = "application/json" | "application/x-protobuf"

export const contentTypeOf = (request: HttpServerRequest): Effect.Effect<ContentType, RequestRejected> => {
  const given = request.headers["content-type"] ?? ""
  const type = given.split(";")[0]?.trim().toLowerCase()
  if (type === "application/json" || type === "application/x-protobuf") {
    return Effect.succeed(type)
  }
  const message = `unsupported content type ${quote(given)}: use application/json or application/x-protobuf`
  return new RequestRejected({ status: 415, message })
}

/** The encodings of a body that are understood. */
export const encodingOf = (request: HttpServerRequest): Effect.Effect<"gzip" | "identity", RequestRejected> => {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  if (encoding === "gzip" || encoding === "identity") {
    return Effect.succeed(encoding)
  }
  const message = `unsupported content encoding ${quote(encoding)}: use gzip or identity`
  return new RequestRejected({ status: 415, message })
}

/** Inflates a body that is compressed, to at most `limit` bytes. */
export const inflate = (body: Uint8Array, limit: number): Effect.Effect<Uint8Array, RequestRejected> =>
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

/**
 * Decodes and checks a body, after counting what it would build. Whatever the body is, it is answered: a decoder that
 * throws on it is a mistake of the decoder's, and the message says what it was.
 */
export const decode = (body: Uint8Array, type: ContentType): Effect.Effect<Decoded, RequestRejected> =>
  Effect.suspend(() => (type === "application/json" ? parseJson(body) : parseProtobuf(body))).pipe(
    Effect.flatMap((message) => {
      if (!isRequest(message)) {
        return malformed(schemaErrorOf(message) ?? "the body does not match the OTLP schema")
      }
      return Effect.mapError(pointsOf(message), (error) => malformed(error.message))
    }),
    Effect.catchAllDefect((defect) => malformed(`the body cannot be decoded: ${String(defect)}`))
  )

const malformed = (message: string) => new RequestRejected({ status: 400, message: shorten(message) })

const parseProtobuf = (body: Uint8Array): Effect.Effect<object, RequestRejected> => {
  const problem = protobufProblem(body)
  return problem === null
    ? Effect.try({
        try: () => decodeRequest(body),
        catch: (error) => malformed(`the body is not an OTLP request in protobuf: ${String(error)}`)
      })
    : malformed(`the body is not an OTLP request in protobuf: ${problem}`)
}

const parseJson = (body: Uint8Array): Effect.Effect<object, RequestRejected> => {
  const problem = jsonProblem(body)
  return problem === null ? parseCounted(body) : malformed(`the body is not an OTLP request in JSON: ${problem}`)
}

const parseCounted = (body: Uint8Array): Effect.Effect<object, RequestRejected> =>
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
