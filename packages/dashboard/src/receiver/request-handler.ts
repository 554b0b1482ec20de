/** Handles one export request according to the failure mode of the receiver. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { callerProblem, visitorProblem } from "./caller.ts"
import type { FailureMode } from "./failure-mode.ts"
import type { Point } from "./model.ts"
import type { Observer } from "./observer.ts"
import { metricsRequest } from "./otlp-requests.ts"
import { overview } from "./overview.ts"
import { type Decoded, pointsOf } from "./points.ts"
import { shorten } from "./quote.ts"
import { answerRecords } from "./record-handler.ts"
import type { Records } from "./records.ts"
import { type Bodies, type ContentType, contentTypeOf, decode, readBody } from "./request-body.ts"
import { type Arrival, loggedHeaders, metricsPath, type RequestLog, type RequestRecord } from "./request-log.ts"
import { RequestRejected } from "./request-rejected.ts"
import { statusResponse, successResponse, textResponse } from "./responses.ts"
import type { Store } from "./store.ts"

/** Answers one request. */
export type App = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest>

export interface HandlerOptions extends Bodies {
  readonly failureMode: Effect.Effect<FailureMode>
  readonly store: Store
  readonly log: RequestLog
  readonly observer: Observer | undefined
  /** Takes spans and log records. */
  readonly records: Records | undefined
  /** Answers other paths than that of metrics. */
  readonly others: App | undefined
  readonly publish: (arrival: Arrival) => Effect.Effect<void>
}

/**
 * Reads a request, acts as the failure mode says, and logs the request once, whatever happens. It is interruptible,
 * which the server's default is not: otherwise a request that hangs would outlive its connection.
 */
export const handleRequest = (options: HandlerOptions): App =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest
    const other = otherApp(options, request)
    if (other !== undefined) {
      const problem = pathOf(request) === "/" ? visitorProblem(request) : callerProblem(request.headers)
      return problem === null ? yield* other : textResponse(403, problem)
    }
    const draft = yield* makeDraft(request, yield* options.failureMode)
    const type = yield* Effect.either(contentTypeOf(request))
    return yield* accept(options, request, draft).pipe(
      Effect.catchTag("RequestRejected", ({ message, status }) =>
        complete(options, draft, { status, message, accepted: noPoints }).pipe(
          Effect.as(
            type._tag === "Right" ? statusResponse(type.right, { status, message }) : textResponse(status, message)
          )
        )
      ),
      Effect.onInterrupt(() =>
        complete(options, draft, { status: 0, message: "the sender disconnected", accepted: noPoints })
      )
    )
  }).pipe(Effect.interruptible)

/** Who answers a request that has nothing to do with metrics. */
const otherApp = (
  { bodies, limit, others, records, store }: HandlerOptions,
  request: HttpServerRequest
): App | undefined => {
  const path = pathOf(request)
  if (path === metricsPath) {
    return undefined
  }
  const signal = records === undefined ? undefined : answerRecords({ bodies, limit, records }, path, request)
  if (signal !== undefined) {
    return signal
  }
  return others ?? (request.method === "GET" && request.url === "/" ? Effect.sync(() => overview(store)) : undefined)
}

const pathOf = (request: HttpServerRequest): string => request.url.split("?")[0] ?? ""

const noPoints: Decoded = { points: [], imprecise: [], exemplars: [], withoutValue: [] }

/** What is known of a request so far. */
interface Draft {
  readonly mode: FailureMode
  record: Omit<RequestRecord, "index" | "answeredAtMillis" | "status" | "message" | "acknowledged">
  isLogged: boolean
}

const makeDraft = (request: HttpServerRequest, mode: FailureMode): Effect.Effect<Draft> =>
  Effect.map(Clock.currentTimeMillis, (receivedAtMillis) => ({
    mode,
    isLogged: false,
    record: {
      receivedAtMillis,
      method: request.method,
      path: shorten(request.url),
      headers: loggedHeaders(request.headers),
      bytes: 0,
      inflatedBytes: 0,
      points: 0,
      failureMode: mode._tag
    }
  }))

interface Completion {
  readonly status: number
  readonly message: string
  readonly accepted: Decoded
}

/** Logs the request and stores the accepted points, in one step. */
const complete = (options: HandlerOptions, draft: Draft, completion: Completion): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (answeredAtMillis) =>
    Effect.suspend(() => {
      if (draft.isLogged) {
        return Effect.void
      }
      draft.isLogged = true
      const { accepted, message, status } = completion
      const acknowledged = accepted.points.length
      const request = options.log.add({ ...draft.record, answeredAtMillis, acknowledged, status, message })
      options.store.accept(accepted, request.index)
      options.observer?.request(request, options.store.bytes())
      return options.publish({ request, points: accepted.points })
    })
  )

const accept = (
  options: HandlerOptions,
  request: HttpServerRequest,
  draft: Draft
): Effect.Effect<HttpServerResponse.HttpServerResponse, RequestRejected> =>
  Effect.gen(function* () {
    const { mode } = draft
    yield* checkCaller(request)
    yield* checkPathAndMethod(request)
    const type = yield* contentTypeOf(request)
    if (mode._tag === "Reset") {
      return yield* resetConnection(options, request, draft)
    }
    if (options.store.isFull()) {
      const message = "the receiver holds as much as it may: clear it, or start it again"
      return yield* new RequestRejected({ status: 503, message })
    }
    const decoded = yield* readPoints(options, request, { draft, type })
    draft.record = { ...draft.record, points: decoded.points.length }
    switch (mode._tag) {
      case "Hang":
        yield* complete(options, draft, { status: 0, message: "never answered", accepted: noPoints })
        return yield* Effect.never
      case "Status": {
        const { retryAfterSeconds, status } = mode
        const message = `answered ${status} on request`
        yield* complete(options, draft, { status, message, accepted: noPoints })
        return statusResponse(type, { status, message, retryAfterSeconds })
      }
      case "Partial": {
        const rejectedDataPoints = Math.min(mode.rejectedDataPoints, decoded.points.length)
        const accepted = withoutLast(decoded, rejectedDataPoints)
        yield* complete(options, draft, { status: 200, message: mode.message, accepted })
        return successResponse(type, metricsRequest, { rejectedDataPoints, errorMessage: mode.message })
      }
      case "Slow":
        yield* Effect.sleep(Duration.millis(mode.millis))
    }
    yield* complete(options, draft, { status: 200, message: "", accepted: decoded })
    return successResponse(type, metricsRequest)
  })

/** Reads, inflates and decodes the body. */
const readPoints = (
  options: HandlerOptions,
  request: HttpServerRequest,
  { draft, type }: { readonly draft: Draft; readonly type: ContentType }
): Effect.Effect<Decoded, RequestRejected> =>
  readBody(options, request, ({ bytes, inflated }) => {
    draft.record = { ...draft.record, bytes, inflatedBytes: inflated.length }
    return decode(inflated, type, { type: metricsRequest, read: pointsOf })
  })

const checkCaller = (request: HttpServerRequest): Effect.Effect<void, RequestRejected> => {
  const problem = callerProblem(request.headers)
  return problem === null ? Effect.void : new RequestRejected({ status: 403, message: problem })
}

const checkPathAndMethod = (request: HttpServerRequest): Effect.Effect<void, RequestRejected> => {
  if (pathOf(request) !== metricsPath) {
    return new RequestRejected({ status: 404, message: `not found: send metrics to ${metricsPath}` })
  }
  if (request.method !== "POST") {
    return new RequestRejected({ status: 405, message: `${request.method} is not allowed: use POST` })
  }
  return Effect.void
}

/** Waits for the start of the body, then resets the connection, which interrupts this fiber. */
const resetConnection = (options: HandlerOptions, request: HttpServerRequest, draft: Draft): Effect.Effect<never> =>
  Effect.suspend(() => {
    const incoming = NodeHttpServerRequest.toIncomingMessage(request)
    const firstPart = Effect.async<number>((resume) => {
      incoming.once("data", (part: Uint8Array) => resume(Effect.succeed(part.length)))
      incoming.once("end", () => resume(Effect.succeed(0)))
    })
    return firstPart.pipe(
      Effect.tap((bytes) => {
        draft.record = { ...draft.record, bytes }
        return complete(options, draft, { status: 0, message: "connection reset", accepted: noPoints })
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
