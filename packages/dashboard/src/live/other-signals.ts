/**
 * Traces and logs, which SDKs send to the same address as metrics: they are taken, so that nobody's log is full of
 * errors, and dropped, as the page does not show them.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

const paths: ReadonlySet<string> = new Set(["v1/traces", "v1/logs"])

/** An empty response, which says that all was taken; `undefined` for other requests. */
export const answerOtherSignals = (
  path: string,
  request: HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined => {
  if (!paths.has(path)) {
    return undefined
  }
  if (request.method !== "POST") {
    return Effect.succeed(HttpServerResponse.empty({ status: 405, headers: { allow: "POST" } }))
  }
  return Effect.as(drained(request), emptyResponse(request.headers["content-type"]))
}

const emptyResponse = (contentType: string | undefined): HttpServerResponse.HttpServerResponse =>
  contentType?.toLowerCase().startsWith("application/json") === true
    ? HttpServerResponse.text("{}", { contentType: "application/json" })
    : HttpServerResponse.uint8Array(new Uint8Array(), { contentType: "application/x-protobuf" })

/** Reads the body to its end and keeps none of it; what takes too long is ended by the timeout of the server. */
const drained = (request: HttpServerRequest): Effect.Effect<void> =>
  Effect.async((resume) => {
    const incoming = NodeHttpServerRequest.toIncomingMessage(request)
    const done = (): void => resume(Effect.void)
    incoming.once("end", done).once("close", done).resume()
  })
