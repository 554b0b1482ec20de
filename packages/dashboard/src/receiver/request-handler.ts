/** One request and its answer, in whatever mode the receiver is. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type ContentType, contentTypeOf, decode, readBody, Refused } from "./request-body.ts"
import type { Mode } from "./failure-mode.ts"
import type { Point } from "./model.ts"
import { encodeResponse, encodeStatus } from "./otlp-schema.ts"
import type { Decoded } from "./points.ts"
import type { Arrival, RequestLog, RequestRecord } from "./request-log.ts"
import type { Store } from "./store.ts"

/** What an exchange works on. */
export interface ExchangeState {
  readonly limit: number
  readonly mode: Effect.Effect<Mode>
  readonly store: Store
  readonly log: RequestLog
  readonly publish: (arrival: Arrival) => Effect.Effect<void>
}

/**
 * Handles one request: reads it, acts as the mode says, and logs it once, whatever happens. The server runs it
 * uninterruptibly unless told otherwise, and then a request that hangs would outlive its connection.
 */
export const exchange = (
  state: ExchangeState
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest
    const mode = yield* state.mode
    const draft = yield* makeDraft(request, mode)
    const type = yield* Effect.either(contentTypeOf(request))
    return yield* accept(state, request, draft).pipe(
      Effect.catchTag("Refused", ({ message, status }) =>
        finish(state, draft, { status, message, accepted: nothing }).pipe(
          Effect.as(type._tag === "Right" ? statusAnswer(type.right, { status, message }) : plain(status, message))
        )
      ),
      Effect.onInterrupt(() => finish(state, draft, { status: 0, message: "the sender left", accepted: nothing }))
    )
  }).pipe(Effect.interruptible)

const nothing: Decoded = { points: [], imprecise: [], withoutValue: [] }

/** What is known so far of a request. It is logged once. */
interface Draft {
  readonly mode: Mode
  record: Omit<RequestRecord, "index" | "answeredAtMillis" | "status" | "message" | "acknowledged">
  isLogged: boolean
}

const makeDraft = (request: HttpServerRequest, mode: Mode): Effect.Effect<Draft> =>
  Effect.map(Clock.currentTimeMillis, (receivedAtMillis) => ({
    mode,
    isLogged: false,
    record: {
      receivedAtMillis,
      method: request.method,
      path: request.url,
      headers: { ...request.headers },
      bytes: 0,
      inflatedBytes: 0,
      points: 0,
      mode: mode._tag
    }
  }))

interface Ending {
  readonly status: number
  readonly message: string
  readonly accepted: Decoded
}

/** Folds what is accepted and logs the request, in one step. */
const finish = (state: ExchangeState, draft: Draft, ending: Ending): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (answeredAtMillis) =>
    Effect.suspend(() => {
      if (draft.isLogged) return Effect.void
      draft.isLogged = true
      const { accepted, message, status } = ending
      const acknowledged = accepted.points.length
      const request = state.log.add({ ...draft.record, answeredAtMillis, acknowledged, status, message })
      state.store.accept(accepted, request.index)
      return state.publish({ request, points: accepted.points })
    })
  )

const accept = (
  state: ExchangeState,
  request: HttpServerRequest,
  draft: Draft
): Effect.Effect<HttpServerResponse.HttpServerResponse, Refused> =>
  Effect.gen(function* () {
    const { mode } = draft
    yield* checkTarget(request)
    const type = yield* contentTypeOf(request)
    if (mode._tag === "Reset") return yield* reset(state, request, draft)
    const body = yield* readBody(request, state.limit)
    draft.record = { ...draft.record, bytes: body.bytes, inflatedBytes: body.inflated.length }
    const decoded = yield* decode(body.inflated, type)
    draft.record = { ...draft.record, points: decoded.points.length }
    switch (mode._tag) {
      case "Hang":
        yield* finish(state, draft, { status: 0, message: "never answered", accepted: nothing })
        return yield* Effect.never
      case "Status": {
        const { retryAfterSeconds, status } = mode
        const message = `answered ${status} on request`
        yield* finish(state, draft, { status, message, accepted: nothing })
        return statusAnswer(type, { status, message, retryAfterSeconds })
      }
      case "Partial": {
        const rejectedDataPoints = Math.min(mode.rejectedDataPoints, decoded.points.length)
        const accepted = withoutLast(decoded, rejectedDataPoints)
        yield* finish(state, draft, { status: 200, message: mode.message, accepted })
        return success(type, { rejectedDataPoints, errorMessage: mode.message })
      }
      case "Slow":
        yield* Effect.sleep(Duration.millis(mode.millis))
    }
    yield* finish(state, draft, { status: 200, message: "", accepted: decoded })
    return success(type)
  })

const checkTarget = (request: HttpServerRequest): Effect.Effect<void, Refused> => {
  const path = request.url.split("?")[0]
  if (path !== "/v1/metrics") {
    return new Refused({ status: 404, message: `there is nothing at ${path}, only /v1/metrics` })
  }
  if (request.method !== "POST") {
    return new Refused({ status: 405, message: `${request.method} is not accepted, only POST` })
  }
  return Effect.void
}

/** Waits for the beginning of the body, then resets the connection, which interrupts this very fiber. */
const reset = (state: ExchangeState, request: HttpServerRequest, draft: Draft): Effect.Effect<never> =>
  Effect.suspend(() => {
    const incoming = NodeHttpServerRequest.toIncomingMessage(request)
    const firstPart = Effect.async<number>((resume) => {
      incoming.once("data", (part: Uint8Array) => resume(Effect.succeed(part.length)))
      incoming.once("end", () => resume(Effect.succeed(0)))
    })
    return firstPart.pipe(
      Effect.tap((bytes) => {
        draft.record = { ...draft.record, bytes }
        return finish(state, draft, { status: 0, message: "connection reset", accepted: nothing })
      }),
      Effect.tap(() => Effect.sync(() => incoming.socket.resetAndDestroy())),
      Effect.zipRight(Effect.never)
    )
  })

const withoutLast = (decoded: Decoded, rejected: number): Decoded => {
  const points = decoded.points.slice(0, decoded.points.length - rejected)
  const kept = new Set<Point>(points)
  return { ...decoded, points, imprecise: decoded.imprecise.filter((point) => kept.has(point)) }
}

const success = (
  type: ContentType,
  partial?: { readonly rejectedDataPoints: number; readonly errorMessage: string }
): HttpServerResponse.HttpServerResponse => {
  if (type === "application/x-protobuf") {
    return HttpServerResponse.uint8Array(encodeResponse(partial), { contentType: type })
  }
  const body =
    partial === undefined
      ? {}
      : { partialSuccess: { ...partial, rejectedDataPoints: String(partial.rejectedDataPoints) } }
  return HttpServerResponse.text(JSON.stringify(body), { contentType: type })
}

/** gRPC codes, which a `Status` carries whatever the transport. */
const codes: Readonly<Record<number, number>> = { 400: 3, 404: 12, 405: 12, 413: 8, 429: 8, 503: 14 }

const statusAnswer = (
  type: ContentType,
  answer: { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number | undefined }
): HttpServerResponse.HttpServerResponse => {
  const { message, retryAfterSeconds, status } = answer
  const body = { code: codes[status] ?? 2, message }
  const headers: Record<string, string> = {}
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(retryAfterSeconds)
  if (status === 405) headers["allow"] = "POST"
  return type === "application/x-protobuf"
    ? HttpServerResponse.uint8Array(encodeStatus(body), { status, headers, contentType: type })
    : HttpServerResponse.text(JSON.stringify(body), { status, headers, contentType: type })
}

const plain = (status: number, message: string) =>
  HttpServerResponse.text(message, { status, ...(status === 405 ? { headers: { allow: "POST" } } : {}) })
