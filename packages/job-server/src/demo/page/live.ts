/** The metrics and the traces of the demo's page: what the receiver, in its own process, says on its own page, passed on. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpApp from "@effect/platform/HttpApp"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** What is below `live`. */
const parts = ["/metric", "/trace", "/traces"]

/** Passes on what is asked of `live`; `watching` is called with how many pages are open. */
export const liveOf = (receiverUrl: string, watching: (pages: number) => void): HttpApp.Default => {
  let pages = 0
  const change = (by: number) =>
    Effect.sync(() => {
      pages += by
      watching(pages)
    })
  return Effect.gen(function* () {
    const { url } = yield* HttpServerRequest
    const { pathname, search } = new URL(url, receiverUrl)
    const part = parts.find((one) => pathname === one) ?? ""
    const isStream = part === ""
    const address = new URL(`/live${part}${search}`, receiverUrl)
    const { headers, status, stream } = yield* HttpClient.get(address)
    const body = isStream
      ? Stream.unwrapScoped(
          Effect.as(
            Effect.acquireRelease(change(1), () => change(-1)),
            stream
          )
        )
      : stream
    return HttpServerResponse.stream(body, {
      status,
      contentType: headers["content-type"],
      headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
    })
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.succeed(HttpServerResponse.text(`The receiver doesn't answer: ${message}\n`, { status: 502 }))
    ),
    Effect.provide(FetchHttpClient.layer)
  )
}
