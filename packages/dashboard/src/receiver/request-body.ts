/** Makes an OTLP request of the bytes of a body: content type, encoding, limits of work, decoding. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import { type BodyReader, tooLarge } from "./incoming-body.ts"
import { jsonProblem } from "./json-scan.ts"
import { fromJson } from "./otlp-json.ts"
import type { RequestType } from "./otlp-requests.ts"
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
const encodingOf = (request: HttpServerRequest): Effect.Effect<"gzip" | "identity", RequestRejected> => {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  if (encoding === "gzip" || encoding === "identity") {
    return Effect.succeed(encoding)
  }
  const message = `unsupported content encoding ${quote(encoding)}: use gzip or identity`
  return new RequestRejected({ status: 415, message })
}

/** Inflates a body that is compressed, to at most `limit` bytes. */
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

/** What reads bodies, and the most bytes of one, before and after gzip. */
export interface Bodies {
  readonly limit: number
  readonly bodies: BodyReader
}

/** A body, and how many bytes it had on the wire. */
export interface Body {
  readonly bytes: number
  readonly inflated: Uint8Array
}

/** Reads and inflates the body of a request, and hands it to `use`. */
export const readBody = <A>(
  { bodies, limit }: Bodies,
  request: HttpServerRequest,
  use: (body: Body) => Effect.Effect<A, RequestRejected>
): Effect.Effect<A, RequestRejected> =>
  Effect.gen(function* () {
    const encoding = yield* encodingOf(request)
    if (Number(request.headers["content-length"] ?? 0) > limit * 2) {
      return yield* tooLarge(limit)
    }
    return yield* bodies.read(NodeHttpServerRequest.toIncomingMessage(request), (received) =>
      Effect.flatMap(encoding === "gzip" ? inflate(received, limit) : Effect.succeed(received), (inflated) =>
        use({ bytes: received.length, inflated })
      )
    )
  })

/** How a body is decoded: as a request of a signal, whose content `read` takes. */
export interface Decoding<A extends object, B> {
  readonly type: RequestType<A>
  readonly read: (request: A) => Effect.Effect<B, { readonly message: string }>
}

/**
 * Decodes and checks a body, after counting what it would build. Whatever the body is, it is answered: a decoder that
 * throws on it is a mistake of the decoder's, and the message says what it was.
 */
export const decode = <A extends object, B>(
  body: Uint8Array,
  contentType: ContentType,
  { read, type }: Decoding<A, B>
): Effect.Effect<B, RequestRejected> =>
  Effect.suspend(() => (contentType === "application/json" ? parseJson(body) : parseProtobuf(body, type))).pipe(
    Effect.flatMap((message) => {
      if (!type.is(message)) {
        return malformed(type.schemaErrorOf(message) ?? "the body does not match the OTLP schema")
      }
      return Effect.mapError(read(message), (error) => malformed(error.message))
    }),
    Effect.catchAllDefect((defect) => malformed(`the body cannot be decoded: ${String(defect)}`))
  )

const malformed = (message: string) => new RequestRejected({ status: 400, message: shorten(message) })

const parseProtobuf = <A extends object>(
  body: Uint8Array,
  { decode, name }: RequestType<A>
): Effect.Effect<object, RequestRejected> => {
  const problem = protobufProblem(body, name)
  return problem === null
    ? Effect.try({
        try: () => decode(body),
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
