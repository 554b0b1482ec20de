/** What is said of a request whose body was not sent, was sent in part, or was never received. */
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect, Scope, Stream } from "effect"
import { Readable } from "node:stream"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { connected, counts, ended, exchange, layer, portOf, request, serve, sums } from "./http-server.ts"

/** A body as of a file, which fails after its second chunk or never ends. */
const file = (failure?: Error) =>
  Effect.sync(() => {
    let chunks = 0
    const body = new Readable({
      read() {
        chunks += 1
        if (failure !== undefined && chunks > 2) {
          this.destroy(failure)
        } else {
          this.push(Buffer.alloc(100_000))
        }
      }
    })
    return HttpServerResponse.raw(body, { contentLength: 50_000_000 })
  })

const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/file", file()),
  HttpRouter.get("/broken", file(new Error("the disk is gone"))),
  HttpRouter.get("/large", HttpServerResponse.uint8Array(new Uint8Array(20_000_000)))
)

const places = {
  "a router": () => HttpServer.serveEffect(HttpMetrics.router(routes)),
  "a middleware of the server": () => HttpServer.serveEffect(routes, HttpMetrics.middleware),
  "a middleware around the application": () => HttpServer.serveEffect(HttpMetrics.middleware(routes))
}

describe.each(Object.entries(places))("a response that is not sent to the end, observed by %s", (_, place) => {
  it.scopedLive("has no size, and the error of whoever ended it", () =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      yield* place()
      const port = yield* portOf
      const abandoned = yield* Effect.forEach(["/file", "/large"], (path) => connected(port, request(`GET ${path}`)))
      abandoned.forEach((socket) => socket.pause())
      const broken = yield* connected(port, request("GET /broken"))
      broken.resume()
      yield* Testing.eventually(counts(http.serverRequestDuration.row.name), (found) => Object.keys(found).length === 1)
      abandoned.forEach((socket) => socket.destroy())
      expect(yield* ended(3)).toEqual({
        "GET /file 200 client_abort": 1,
        "GET /large 200 client_abort": 1,
        "GET /broken 200 ResponseError": 1
      })
      expect(yield* sums(http.serverResponseBodySize.row.name)).toEqual({})
    }).pipe(Effect.provide(layer))
  )
})

describe("the size of a body", () => {
  it.scopedLive.each([204, 304])("is 0 for the status %i, with which none is sent", (status) =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const stream = HttpServerResponse.stream(Stream.make(new Uint8Array(7)), { status })
      const port = yield* serve(
        HttpMetrics.router(
          HttpRouter.empty.pipe(
            HttpRouter.get("/text", HttpServerResponse.text("hello", { status })),
            HttpRouter.get("/stream", stream)
          )
        )
      )
      for (const path of ["/text", "/stream"]) {
        expect((yield* exchange(port, request(`GET ${path}`))).endsWith("\r\n\r\n")).toBe(true)
      }
      expect(yield* ended(2)).toEqual({ [`GET /text ${status}`]: 1, [`GET /stream ${status}`]: 1 })
      expect(yield* sums(http.serverResponseBodySize.row.name)).toEqual({})
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("of a request is none where a client announces more than it has sent", () =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const refused = HttpServerResponse.text("too long", { status: 413, headers: { connection: "close" } })
      const port = yield* serve(HttpMetrics.middleware(refused))
      yield* exchange(port, request("POST /", "Content-Length: 999999999999999"))
      yield* exchange(port, request("POST /", "Content-Length: 4") + "body")
      expect(yield* ended(2)).toEqual({ "POST 413": 2 })
      expect(yield* sums(http.serverRequestBodySize.row.name)).toEqual({ "POST 413": 4 })
    }).pipe(Effect.provide(layer))
  )
})

it.scopedLive("is no WebSocket where the handshake is refused", () =>
  Effect.gen(function* () {
    const socket = Effect.flatMap(HttpServerRequest.upgrade, (upgraded) => upgraded.run(() => undefined))
    const routes = HttpRouter.empty.pipe(HttpRouter.get("/socket", Effect.as(socket, HttpServerResponse.empty())))
    const scope = yield* Scope.make()
    const port = yield* Scope.extend(serve(HttpMetrics.router(routes)), scope)
    const handshake = ["GET /socket HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "", ""]
    expect(yield* exchange(port, handshake.join("\r\n"))).toContain("400 Bad Request")
    expect(yield* ended(1)).toEqual({ "GET /socket client_abort": 1 })
  }).pipe(Effect.provide(layer))
)
