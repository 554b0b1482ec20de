/** Takes spans at `/v1/traces` and log records at `/v1/logs`, as metrics are taken. */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { readLogRecords } from "./log-records.ts"
import { logsRequest, tracesRequest } from "./otlp-requests.ts"
import type { ReadRecords } from "./record-problems.ts"
import type { Records } from "./records.ts"
import { type Bodies, type ContentType, contentTypeOf, decode, type Decoding, readBody } from "./request-body.ts"
import { RequestRejected } from "./request-rejected.ts"
import { statusResponse, successResponse, textResponse } from "./responses.ts"
import { readSpans } from "./spans.ts"

export interface RecordOptions extends Bodies {
  readonly records: Records
}

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse>

/** The answer to a request for one of the two paths; `undefined` for others. */
export const answerRecords = (options: RecordOptions, path: string, request: HttpServerRequest): Answer | undefined => {
  const { records } = options
  switch (path) {
    case "/v1/traces":
      return answered(options, request, {
        type: tracesRequest,
        read: readSpans,
        rejected: "rejectedSpans",
        add: (spans, now) => records.add({ spans, logRecords: [] }, now)
      })
    case "/v1/logs":
      return answered(options, request, {
        type: logsRequest,
        read: readLogRecords,
        rejected: "rejectedLogRecords",
        add: (logRecords, now) => records.add({ spans: [], logRecords }, now)
      })
    default:
      return undefined
  }
}

interface Signal<A extends object, B> extends Decoding<A, ReadRecords<B>> {
  readonly rejected: "rejectedSpans" | "rejectedLogRecords"
  readonly add: (records: ReadonlyArray<B>, receivedAtMillis: number) => void
}

const answered = <A extends object, B>(bodies: Bodies, request: HttpServerRequest, signal: Signal<A, B>): Answer =>
  Effect.flatMap(Effect.either(contentTypeOf(request)), (type) =>
    accepted(bodies, request, signal).pipe(
      Effect.catchAll(({ message, status }) =>
        Effect.succeed(
          type._tag === "Right" ? statusResponse(type.right, { status, message }) : textResponse(status, message)
        )
      )
    )
  )

const accepted = <A extends object, B>(bodies: Bodies, request: HttpServerRequest, signal: Signal<A, B>) =>
  Effect.gen(function* () {
    if (request.method !== "POST") {
      return yield* new RequestRejected({ status: 405, message: `${request.method} is not allowed: use POST` })
    }
    const contentType: ContentType = yield* contentTypeOf(request)
    const { problem, records, rejected } = yield* readBody(bodies, request, ({ inflated }) =>
      decode(inflated, contentType, signal)
    )
    signal.add(records, yield* Clock.currentTimeMillis)
    const partial = problem === undefined ? undefined : { [signal.rejected]: rejected, errorMessage: problem }
    return successResponse(contentType, signal.type, partial)
  })
