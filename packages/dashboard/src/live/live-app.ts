/** `GET live`, `live/metric?name=`, `live/traces?q=` and `live/trace?id=` over HTTP. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { constants, gzip } from "node:zlib"
import type { Live } from "../live.ts"
import { acceptsGzip, pageHeaders } from "../page-files.ts"
import { isTraceId } from "../receiver/log-records.ts"
import { gzipHead, type SharedEvent } from "./event.ts"

/** How many events may wait for a page before it is let go of: it connects again, and begins with the present state. */
const maxBehind = 5

type Response = HttpServerResponse.HttpServerResponse

/** The answer to a request for `live` or what is below it; `undefined` where there is no such path. */
export const answerLive = (
  live: Live,
  path: string,
  request: HttpServerRequest
): Effect.Effect<Response> | undefined => {
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
  if (answer === undefined || request.method === "GET") {
    return answer?.(live, request)
  }
  return Effect.succeed(problem(405, `${request.method} is not allowed: use GET`, { allow: "GET" }))
}

/** What is wrong with a request, as JSON. */
const problem = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response =>
  HttpServerResponse.text(JSON.stringify({ message }), {
    status,
    contentType: "application/json",
    headers: { ...pageHeaders, ...headers, "cache-control": "no-store" }
  })

const streamHeaders = { ...pageHeaders, "cache-control": "no-store", "x-accel-buffering": "no" }

const watch = (live: Live, request: HttpServerRequest): Effect.Effect<Response> =>
  Effect.gen(function* () {
    const queue = yield* Queue.bounded<SharedEvent>(maxBehind)
    const response = NodeHttpServerRequest.toServerResponse(request)
    const remove = live.viewers.add({
      offer: (event) => Queue.unsafeOffer(queue, event),
      drop: () => response.destroy()
    })
    if (remove === undefined) {
      return problem(503, "as many pages look as may: close another one", { "retry-after": "10" })
    }
    const end = (): void => {
      remove()
      Effect.runFork(Queue.shutdown(queue))
    }
    // Whatever becomes of the answer, its connection ends at some time.
    response.once("close", end)
    if (response.destroyed) {
      end()
    }
    Queue.unsafeOffer(queue, live.state())
    const isGzip = acceptsGzip(request.headers["accept-encoding"])
    const events = Stream.fromQueue(queue, { maxChunkSize: 1 })
    const bytes = Stream.map(events, (event) => (isGzip ? event.deflated : event.plain))
    return HttpServerResponse.stream(isGzip ? Stream.concat(Stream.make(gzipHead), bytes) : bytes, {
      contentType: "text/event-stream",
      headers: { ...streamHeaders, ...(isGzip ? { "content-encoding": "gzip", vary: "accept-encoding" } : {}) }
    })
  })

const maxNameLength = 1_000

const metric = (live: Live, request: HttpServerRequest): Effect.Effect<Response> => {
  const name = parameterOf(request, "name")
  if (name === undefined || name.length > maxNameLength) {
    return Effect.succeed(
      problem(400, `name must be given once, with 1 to ${maxNameLength} characters: live/metric?name=…`)
    )
  }
  const detail = live.detail(name)
  return detail === undefined
    ? Effect.succeed(problem(404, "no metric of this name has arrived"))
    : json(detail, request)
}

const trace = ({ traces }: Live, request: HttpServerRequest): Effect.Effect<Response> => {
  const id = parameterOf(request, "id")?.toLowerCase()
  if (id === undefined || !isTraceId(id)) {
    return Effect.succeed(problem(400, "id must be given once, with the 32 hex digits of a trace: live/trace?id=…"))
  }
  const detail = traces.trace(id)
  return detail === undefined
    ? Effect.succeed(problem(404, "nothing of this trace is here: it has not arrived, or was let go of"))
    : json(detail, request)
}

/** A parameter that is given once, and not empty. */
const parameterOf = (request: HttpServerRequest, name: string): string | undefined => {
  const given = new URLSearchParams(request.url.split("?").slice(1).join("?")).getAll(name)
  return given.length === 1 && given[0] !== "" ? given[0] : undefined
}

const json = (value: unknown, request: HttpServerRequest): Effect.Effect<Response> => {
  const body = Buffer.from(JSON.stringify(value))
  const headers = { ...pageHeaders, "cache-control": "no-store", vary: "accept-encoding" }
  const contentType = "application/json"
  return acceptsGzip(request.headers["accept-encoding"])
    ? Effect.map(compressed(body), (bytes) =>
        HttpServerResponse.uint8Array(bytes, { contentType, headers: { ...headers, "content-encoding": "gzip" } })
      )
    : Effect.succeed(HttpServerResponse.uint8Array(body, { contentType, headers }))
}

const compressed = (body: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.async((resume) =>
    gzip(body, { level: constants.Z_BEST_SPEED }, (error, result) =>
      resume(error === null ? Effect.succeed(result) : Effect.die(error))
    )
  )

const answers: Readonly<Record<string, (live: Live, request: HttpServerRequest) => Effect.Effect<Response>>> = {
  live: watch,
  "live/metric": metric,
  "live/traces": ({ traces }, request) => json(traces.list(parameterOf(request, "q")), request),
  "live/trace": trace
}
