/** `GET live` and `GET live/metric?name=` over HTTP. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { constants, gzip } from "node:zlib"
import type { Live } from "../live.ts"
import { acceptsGzip, pageHeaders } from "../page-files.ts"
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
  if (path !== "live" && path !== "live/metric") {
    return undefined
  }
  if (request.method !== "GET") {
    return Effect.succeed(problem(405, `${request.method} is not allowed: use GET`, { allow: "GET" }))
  }
  return path === "live" ? watch(live, request) : metric(live, request)
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

const metric = (live: Live, request: HttpServerRequest): Effect.Effect<Response> =>
  Effect.gen(function* () {
    const names = new URLSearchParams(request.url.split("?").slice(1).join("?")).getAll("name")
    const [name] = names
    if (name === undefined || names.length > 1 || name === "" || name.length > maxNameLength) {
      return problem(400, `name must be given once, with 1 to ${maxNameLength} characters: live/metric?name=…`)
    }
    const detail = live.detail(name)
    if (detail === undefined) {
      return problem(404, "no metric of this name has arrived")
    }
    const body = Buffer.from(JSON.stringify(detail))
    const headers = { ...pageHeaders, "cache-control": "no-store", vary: "accept-encoding" }
    const contentType = "application/json"
    return acceptsGzip(request.headers["accept-encoding"])
      ? HttpServerResponse.uint8Array(yield* compressed(body), {
          contentType,
          headers: { ...headers, "content-encoding": "gzip" }
        })
      : HttpServerResponse.uint8Array(body, { contentType, headers })
  })

const compressed = (body: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.async((resume) =>
    gzip(body, { level: constants.Z_BEST_SPEED }, (error, result) =>
      resume(error === null ? Effect.succeed(result) : Effect.die(error))
    )
  )
