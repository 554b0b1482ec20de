/** A request of OTLP over HTTP: which signal it is of, and what is in it. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Zlib from "node:zlib"
import { attempt } from "../../catalogue/attempt.ts"
import type { MessageName } from "./messages.ts"
import { fromProtobuf } from "./protobuf.ts"
import { logsOf, pointsOf, spansOf } from "./received.ts"
import type { LogRecord, MetricPoint, SpanRecord } from "./records.ts"
import { WireLogs, WireMetrics, WireSpans } from "./wire.ts"

/** A signal, by the end of its path. */
export type Signal = "metrics" | "traces" | "logs"

/** What a request holds. */
export interface Decoded {
  readonly points: ReadonlyArray<MetricPoint>
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
}

/** A request that is refused: its status, and why. */
export interface Refusal {
  readonly status: number
  readonly problem: string
}

/** A request as it came. */
export interface Incoming {
  readonly path: string
  readonly contentType: string
  readonly contentEncoding: string
  readonly body: Uint8Array
}

/** The signal of a path, whatever stands before it. */
export const signalOf = (path: string): Signal | undefined =>
  (["metrics", "traces", "logs"] as const).find((signal) => path.split("?")[0]?.endsWith(`/v1/${signal}`))

/** The encoding of a content type. */
export const encodingOf = (contentType: string): "json" | "protobuf" | undefined => {
  const type = contentType.split(";")[0]?.trim().toLowerCase()
  return type === "application/json" ? "json" : type === "application/x-protobuf" ? "protobuf" : undefined
}

/** Reads a request. */
export const decode = ({ body, contentEncoding, contentType, path }: Incoming): Either.Either<Decoded, Refusal> =>
  Either.gen(function* () {
    const signal = signalOf(path)
    if (signal === undefined) {
      return yield* refused(404, `no signal of OTLP has the path ${path}`)
    }
    const encoding = encodingOf(contentType)
    if (encoding === undefined) {
      return yield* refused(
        415,
        `the content type "${contentType}" is neither application/json nor application/x-protobuf`
      )
    }
    const bytes = yield* unpacked(body, contentEncoding.toLowerCase())
    const message =
      encoding === "json"
        ? attempt((): unknown => JSON.parse(Buffer.from(bytes).toString("utf8")))
        : fromProtobuf(bytes, messages[signal])
    return message === undefined
      ? yield* refused(400, `the body is no ${encoding === "json" ? "JSON" : "protobuf"}`)
      : yield* decoders[signal](message)
  })

const messages = { metrics: "Metrics", traces: "Spans", logs: "Logs" } as const satisfies Record<Signal, MessageName>

const nothing: Decoded = { points: [], spans: [], logs: [] }

const refused = (status: number, problem: string): Either.Either<never, Refusal> => Either.left({ status, problem })

const unpacked = (body: Uint8Array, encoding: string): Either.Either<Uint8Array, Refusal> => {
  if (encoding === "" || encoding === "identity") {
    return Either.right(body)
  }
  if (encoding !== "gzip") {
    return refused(415, `the content encoding "${encoding}" is neither gzip nor identity`)
  }
  const bytes = attempt(() => Zlib.gunzipSync(body, { maxOutputLength }))
  return bytes === undefined ? refused(400, "the body is no gzip, or too large") : Either.right(bytes)
}

const maxOutputLength = 256 * 1024 * 1024

const decoder =
  <A, I>(schema: Schema.Schema<A, I>, of: (request: A) => Partial<Decoded>) =>
  (message: unknown): Either.Either<Decoded, Refusal> =>
    Either.mapBoth(Schema.decodeUnknownEither(schema)(message), {
      onLeft: (error) => ({ status: 400, problem: problemOf(error) }),
      onRight: (request) => ({ ...nothing, ...of(request) })
    })

/** The deepest of the issues: those above it say that what could be left out was there. */
const problemOf = (error: ParseResult.ParseError): string => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  const [deepest] = issues.toSorted((one, other) => other.path.length - one.path.length)
  return deepest === undefined
    ? error.message
    : `${deepest.path.length === 0 ? "the body" : deepest.path.map(String).join(".")}: ${deepest.message}`
}

const decoders: Record<Signal, (message: unknown) => Either.Either<Decoded, Refusal>> = {
  metrics: decoder(WireMetrics, (request) => ({ points: pointsOf(request) })),
  traces: decoder(WireSpans, (request) => ({ spans: spansOf(request) })),
  logs: decoder(WireLogs, (request) => ({ logs: logsOf(request) }))
}
