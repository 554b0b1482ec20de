import { HttpMiddleware, HttpRouter, HttpServer, HttpServerRespondable, HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Data, Effect, Stream } from "effect"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { connected, counts, ended, exchange, layer, portOf, request, serve, sums } from "./http-server.ts"

class Broken extends Data.TaggedError("Broken")<{}> {}

class NotHere extends Data.TaggedError("NotHere")<{}> {
  [HttpServerRespondable.symbol]() {
    return Effect.succeed(HttpServerResponse.empty({ status: 404 }))
  }
}

const pieces = Stream.make(new Uint8Array(3), new Uint8Array(4))

const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/text", HttpServerResponse.text("hello")),
  HttpRouter.get("/users/:id", HttpServerResponse.empty()),
  HttpRouter.post("/text", HttpServerResponse.text("posted")),
  HttpRouter.get("/stream", HttpServerResponse.stream(pieces)),
  HttpRouter.get("/half", HttpServerResponse.stream(Stream.concat(pieces, Stream.fail(new Broken())))),
  HttpRouter.get("/fails", new Broken()),
  HttpRouter.get("/not-here", new NotHere()),
  HttpRouter.get("/dies", Effect.die(new TypeError("no"))),
  HttpRouter.get("/interrupted", Effect.interrupt),
  HttpRouter.get("/unavailable", HttpServerResponse.empty({ status: 503 })),
  HttpRouter.get(
    "/endless",
    HttpServerResponse.stream(Stream.forever(Stream.rechunk(Stream.make(new Uint8Array(64_000)), 1)))
  ),
  HttpRouter.get("/never", Effect.never),
  HttpRouter.mountApp("/files", HttpServerResponse.text("file")),
  HttpRouter.mountApp("/api", HttpRouter.empty.pipe(HttpRouter.get("/orders/:order", HttpServerResponse.text("order"))))
)

/** How an application is observed, in each place that a middleware can have. */
const places = {
  "a router": () => serve(HttpMetrics.router(routes)),
  "a middleware of the server": () => Effect.zipRight(HttpServer.serveEffect(routes, HttpMetrics.middleware), portOf),
  "a middleware around the application": () => serve(HttpMetrics.middleware(routes)),
  "a middleware below another": () =>
    Effect.zipRight(HttpServer.serveEffect(HttpMetrics.middleware(routes), HttpMiddleware.logger), portOf),
  "both a middleware and a router": () =>
    Effect.zipRight(HttpServer.serveEffect(HttpMetrics.router(routes), HttpMetrics.middleware), portOf)
}

describe.each(Object.entries(places))("requests observed by %s", (_, start) => {
  it.scopedLive.each<readonly [string, string]>([
    ["GET /text", "GET /text 200"],
    ["HEAD /text", "HEAD /text 200"],
    ["POST /text", "POST /text 200"],
    ["GET /users/17?all=1", "GET /users/:id 204"],
    ["GET /stream", "GET /stream 200"],
    ["GET /half", "GET /half 200 Broken"],
    ["GET /fails", "GET /fails 500 Broken"],
    ["GET /not-here", "GET /not-here 404"],
    ["GET /dies", "GET /dies 500 TypeError"],
    ["GET /interrupted", "GET /interrupted 503 interrupted"],
    ["GET /unavailable", "GET /unavailable 503 503"],
    ["GET /nothing/here", "GET 404"],
    ["PROPFIND /text", "_OTHER 404"]
  ])("counts %s once, as %s", ([line, expected]) =>
    Effect.gen(function* () {
      const port = yield* start()
      yield* exchange(port, request(line))
      expect(yield* ended(1)).toEqual({ [expected]: 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive.each<readonly [string, string]>([
    ["GET /endless", "GET /endless 200 client_abort"],
    ["GET /never", "GET /never client_abort"]
  ])("counts a client that goes away during %s as %s", ([line, expected]) =>
    Effect.gen(function* () {
      const port = yield* start()
      const { http } = yield* MetricsService
      const socket = yield* connected(port, request(line))
      const active = counts(http.serverActiveRequests.row.name)
      expect(yield* Testing.eventually(active, (found) => found["GET"] === 1)).toEqual({ GET: 1 })
      if (line === "GET /endless") {
        yield* Effect.async<void>((resume) => {
          socket.once("data", () => resume(Effect.void))
        })
      }
      socket.destroy()
      expect(yield* ended(1)).toEqual({ [expected]: 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("records the size of what was sent, and of what says how long it is", () =>
    Effect.gen(function* () {
      const port = yield* start()
      const { http } = yield* MetricsService
      yield* exchange(port, request("POST /text", "Content-Length: 5") + "12345")
      for (const line of ["GET /text", "HEAD /text", "GET /stream", "GET /half", "GET /fails", "GET /users/1"]) {
        yield* exchange(port, request(line))
      }
      yield* ended(7)
      expect(yield* sums(http.serverRequestBodySize.row.name)).toEqual({ "POST /text 200": 5 })
      expect(yield* sums(http.serverResponseBodySize.row.name)).toEqual({
        "POST /text 200": 6,
        "GET /text 200": 5,
        "GET /stream 200": 7,
        "GET /half 200 Broken": 7
      })
      expect(yield* counts(http.serverResponseBodySize.row.name)).toMatchObject({
        "HEAD /text 200": 1,
        "GET /fails 500 Broken": 1,
        "GET /users/:id 204": 1
      })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("counts pipelined requests on one connection one by one", () =>
    Effect.gen(function* () {
      const port = yield* start()
      const keepAlive = "GET /text HTTP/1.1\r\nHost: x\r\n\r\n"
      yield* exchange(port, keepAlive + keepAlive + keepAlive + request("GET /stream"))
      expect(yield* ended(4)).toEqual({ "GET /text 200": 3, "GET /stream 200": 1 })
    }).pipe(Effect.provide(layer))
  )
})

it.scopedLive("makes one series of ten thousand paths that no route is for, and one of those that a route is for", () =>
  Effect.gen(function* () {
    const port = yield* serve(HttpMetrics.router(routes))
    const paths = ["flood", "users"].flatMap((folder) =>
      Array.from({ length: 5_000 }, (_, at) => `GET /${folder}/${at} HTTP/1.1\r\nHost: x\r\n\r\n`)
    )
    yield* exchange(port, paths.slice(1).join("") + request("GET /flood/0"))
    expect(yield* ended(10_000)).toEqual({ "GET 404": 5_000, "GET /users/:id 204": 5_000 })
  }).pipe(Effect.provide(layer))
)
