import { HttpRouter, HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Stream } from "effect"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { connected, ended, layer, serve } from "./http-server.ts"

const line = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

it.scopedLive("ends the requests whose responses waited behind another when their connection closes", () =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    const routes = HttpRouter.empty.pipe(
      HttpRouter.get("/slow", Effect.never),
      HttpRouter.get("/text", HttpServerResponse.text("text")),
      HttpRouter.get("/stream", HttpServerResponse.stream(Stream.make(new Uint8Array(100_000)))),
      HttpRouter.get("/last", Effect.zipRight(Deferred.succeed(reached, undefined), HttpServerResponse.text("last")))
    )
    const port = yield* serve(HttpMetrics.router(routes))
    const paths = ["/slow", ...Array.from({ length: 12 }, () => "/text"), "/stream", "/last"]
    const socket = yield* connected(port, paths.map(line).join(""))
    yield* Deferred.await(reached)
    socket.destroy()
    expect(yield* ended(15)).toEqual({
      "GET /slow client_abort": 1,
      "GET /text client_abort": 12,
      "GET /stream client_abort": 1,
      "GET /last client_abort": 1
    })
  }).pipe(Effect.provide(layer))
)
