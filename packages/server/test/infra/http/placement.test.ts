/** What is observed however a server is put together: with or without tracing, as a web handler, mounted, upgraded. */
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApp,
  HttpLayerRouter,
  HttpMiddleware,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema, type Scope, Stream } from "effect"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { connected, counts, ended, exchange, layer, portOf, request, serve, sums } from "./http-server.ts"

const orders = HttpRouter.empty.pipe(HttpRouter.get("/orders/:order", HttpServerResponse.text("order")))

class NoOrder extends Schema.TaggedError<NoOrder>()("NoOrder", {}) {}

const api = HttpApi.make("shop").add(
  HttpApiGroup.make("orders").add(
    HttpApiEndpoint.get("find", "/orders/:order")
      .setPath(Schema.Struct({ order: Schema.String }))
      .addSuccess(Schema.String)
      .addError(NoOrder, { status: 404 })
  )
)

const apiLive = HttpApiBuilder.api(api).pipe(
  Layer.provide(
    HttpApiBuilder.group(api, "orders", (handlers) =>
      handlers.handle("find", ({ path: { order } }) => {
        switch (order) {
          case "none":
            return new NoOrder()
          case "broken":
            return Effect.die(new RangeError("broken"))
          default:
            return Effect.succeed(order)
        }
      })
    )
  )
)

const layerRoutes = Layer.mergeAll(
  HttpLayerRouter.add("GET", "/orders/:order", HttpServerResponse.text("order")),
  HttpLayerRouter.add("GET", "/broken", Effect.die(new RangeError("broken"))),
  HttpMetrics.layerRouter
)

describe("an HttpApi", () => {
  it.scopedLive("is observed with the templates of its endpoints and the status that its errors are encoded to", () =>
    Effect.gen(function* () {
      yield* Layer.build(HttpApiBuilder.serve().pipe(Layer.provide([apiLive, HttpMetrics.apiLayer])))
      const port = yield* portOf
      for (const path of ["orders/1", "orders/none", "orders/broken", "nothing"]) {
        yield* exchange(port, request(`GET /${path}`))
      }
      expect(yield* ended(4)).toEqual({
        "GET /orders/:order 200": 1,
        "GET /orders/:order 404": 1,
        "GET /orders/:order 500 RangeError": 1,
        "GET 404": 1
      })
    }).pipe(Effect.provide(layer))
  )
})

describe("an HttpLayerRouter", () => {
  it.scopedLive("is observed with the templates of its routes", () =>
    Effect.gen(function* () {
      yield* Layer.build(HttpLayerRouter.serve(layerRoutes, { disableListenLog: true }))
      const port = yield* portOf
      for (const path of ["orders/1", "broken", "nothing"]) {
        yield* exchange(port, request(`GET /${path}`))
      }
      expect(yield* ended(3)).toEqual({
        "GET /orders/:order 200": 1,
        "GET /broken 500 RangeError": 1,
        "GET 404": 1
      })
    }).pipe(Effect.provide(layer))
  )
})

describe("the route", () => {
  const mounted = HttpRouter.empty.pipe(
    HttpRouter.mountApp("/api", HttpRouter.empty.pipe(HttpRouter.mountApp("/shop", HttpMetrics.router(orders)))),
    HttpRouter.mountApp("/plain", HttpServerResponse.text("plain")),
    HttpRouter.mountApp("/whole", HttpRouter.prefixAll(orders, "/whole"), { includePrefix: true }),
    HttpRouter.mount("/joined", orders),
    HttpRouter.concat(HttpRouter.prefixAll(orders, "/prefixed"))
  )
  const tracing = { on: HttpServer.serveEffect, off: untraced }

  it.scopedLive.each<"on" | "off">(["on", "off"])(
    "of what is mounted or prefixed is whole, with tracing %s",
    (traced) =>
      Effect.gen(function* () {
        yield* tracing[traced](HttpMetrics.router(mounted))
        const port = yield* portOf
        for (const path of ["api/shop/orders/1", "joined/orders/1", "prefixed/orders/1", "plain/1/2", "api/none"]) {
          yield* exchange(port, request(`GET /${path}`))
        }
        expect(yield* ended(5)).toEqual({
          "GET /api/shop/orders/:order 200": 1,
          "GET /joined/orders/:order 200": 1,
          "GET /prefixed/orders/:order 200": 1,
          "GET /plain/* 200": 1,
          "GET 404": 1
        })
      }).pipe(Effect.provide(layer))
  )

  it.scopedLive(
    "of a mounted application that has a router inside is known by its span, where it is the whole of it",
    () =>
      Effect.gen(function* () {
        const inside = Effect.map(orders, (response) => response)
        const deeper = Effect.map(HttpRouter.mountApp(HttpRouter.empty, "/deep", inside), (response) => response)
        const routes = HttpRouter.empty.pipe(HttpRouter.mountApp("/api", inside), HttpRouter.mountApp("/very", deeper))
        const port = yield* serve(HttpMetrics.router(routes))
        for (const path of ["api/orders/1", "api/nothing", "very/deep/orders/1"]) {
          yield* exchange(port, request(`GET /${path}`))
        }
        expect(yield* ended(3)).toEqual({ "GET /api/orders/:order 200": 1, "GET 404": 1, "GET /very/* 200": 1 })
      }).pipe(Effect.provide(layer))
  )

  it.scopedLive("is not that of a span which all requests share", () =>
    Effect.gen(function* () {
      yield* untraced(HttpMetrics.middleware(Effect.map(orders, (response) => response)))
      const port = yield* portOf
      yield* exchange(port, request("GET /orders/1"))
      expect(yield* ended(1)).toEqual({ "GET 200": 1 })
    }).pipe(Effect.withSpan("whole program"), Effect.provide(layer))
  )
})

const web = <E>(app: HttpApp.Default<E, Scope.Scope | MetricsService>) =>
  Effect.map(Effect.runtime<MetricsService>(), (runtime) => HttpApp.toWebHandlerRuntime(runtime)(app))

describe("a web handler", () => {
  const routes = HttpRouter.empty.pipe(
    HttpRouter.get("/text", HttpServerResponse.text("hello")),
    HttpRouter.get("/stream", HttpServerResponse.stream(Stream.make(new Uint8Array(3), new Uint8Array(4)))),
    HttpRouter.get("/endless", HttpServerResponse.stream(Stream.forever(Stream.make(new Uint8Array(10)))))
  )

  it.scopedLive("is observed until its stream is read to the end", () =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const handler = yield* web(HttpMetrics.router(routes))
      const text = yield* Effect.promise(() => handler(new Request("http://x/text")))
      const stream = yield* Effect.promise(() => handler(new Request("http://x/stream")))
      const head = yield* Effect.promise(() => handler(new Request("http://x/stream", { method: "HEAD" })))
      expect([yield* Effect.promise(() => text.text()), head.status]).toEqual(["hello", 200])
      const read = yield* Effect.promise(() => stream.arrayBuffer())
      expect(read.byteLength).toBe(7)
      expect(yield* ended(3)).toEqual({ "GET /text 200": 1, "GET /stream 200": 1, "HEAD /stream 200": 1 })
      expect(yield* sums(http.serverResponseBodySize.row.name)).toEqual({ "GET /text 200": 5, "GET /stream 200": 7 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("counts a reader that cancels as a client that went away", () =>
    Effect.gen(function* () {
      const handler = yield* web(HttpMetrics.router(routes))
      const response = yield* Effect.promise(() => handler(new Request("http://x/endless")))
      const reader = response.body?.getReader()
      yield* Effect.promise(async () => reader?.read())
      yield* Effect.promise(async () => reader?.cancel())
      expect(yield* ended(1)).toEqual({ "GET /endless 200 client_abort": 1 })
    }).pipe(Effect.provide(layer))
  )
})

describe("a server", () => {
  it.scopedLive("counts an uninterruptible handler whose client has gone", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const proceed = yield* Deferred.make<void>()
      const handler = Effect.zipRight(
        Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(proceed)),
        HttpServerResponse.text("late")
      )
      const routes = HttpRouter.empty.pipe(HttpRouter.get("/late", handler, { uninterruptible: true }))
      const port = yield* serve(HttpMetrics.router(routes))
      const socket = yield* connected(port, request("GET /late"))
      yield* Deferred.await(started)
      socket.destroy()
      yield* Effect.sleep("50 millis")
      yield* Deferred.succeed(proceed, undefined)
      expect(yield* ended(1)).toEqual({ "GET /late client_abort": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("counts a large response whose client does not read it and goes", () =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const large = HttpServerResponse.uint8Array(new Uint8Array(20_000_000))
      const port = yield* serve(HttpMetrics.router(HttpRouter.empty.pipe(HttpRouter.get("/large", large))))
      const socket = yield* connected(port, request("GET /large"))
      socket.pause()
      yield* Testing.eventually(counts(http.serverActiveRequests.row.name), (found) => found["GET"] === 1)
      yield* Effect.sleep("100 millis")
      socket.destroy()
      expect(Object.values(yield* ended(1))).toEqual([1])
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("answers Expect: 100-continue, and counts one request", () =>
    Effect.gen(function* () {
      const routes = HttpRouter.empty.pipe(
        HttpRouter.post(
          "/",
          Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) =>
            Effect.flatMap(text, HttpServerResponse.text)
          )
        )
      )
      const port = yield* serve(HttpMetrics.router(routes))
      const answer = yield* exchange(port, request("POST /", "Content-Length: 4", "Expect: 100-continue") + "body")
      expect(answer).toContain("100 Continue")
      expect(yield* ended(1)).toEqual({ "POST / 200": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("ends a request that becomes a WebSocket with status 101", () =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const closed = yield* Deferred.make<void>()
      const socket = Effect.gen(function* () {
        const upgraded = yield* HttpServerRequest.upgrade
        yield* Effect.ensuring(
          upgraded.run(() => undefined),
          Deferred.succeed(closed, undefined)
        )
        return HttpServerResponse.empty()
      })
      const routes = HttpRouter.empty.pipe(HttpRouter.get("/socket", socket), HttpRouter.prefixAll("/v1"))
      const port = yield* serve(HttpMetrics.router(routes))
      const handshake = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
      const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
      const client = yield* connected(
        port,
        ["GET /v1/socket HTTP/1.1", "Host: x", ...handshake, key, "", ""].join("\r\n")
      )
      expect(yield* ended(1)).toEqual({ "GET /v1/socket 101": 1 })
      client.destroy()
      yield* Deferred.await(closed)
      expect(yield* ended(1)).toEqual({ "GET /v1/socket 101": 1 })
      expect(yield* counts(http.serverResponseBodySize.row.name)).toEqual({})
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("counts a request that it interrupts itself", () =>
    Effect.gen(function* () {
      const running = yield* Deferred.make<Fiber.RuntimeFiber<unknown, unknown>>()
      const handler = Effect.withFiberRuntime<never, never>((fiber) =>
        Effect.zipRight(Deferred.succeed(running, fiber), Effect.never)
      )
      const port = yield* serve(HttpMetrics.router(HttpRouter.empty.pipe(HttpRouter.get("/", handler))))
      const answer = yield* Effect.fork(exchange(port, request("GET /")))
      yield* Effect.flatMap(Deferred.await(running), Fiber.interruptFork)
      expect(yield* Fiber.join(answer)).toContain("503")
      expect(yield* ended(1)).toEqual({ "GET / 503 interrupted": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("knows the scheme of a proxy in front of it", () =>
    Effect.gen(function* () {
      const port = yield* serve(HttpMetrics.middleware(HttpServerResponse.empty()))
      yield* exchange(port, request("GET /", "X-Forwarded-Proto: https"))
      yield* exchange(port, request("GET /", "X-Forwarded-Proto: gopher"))
      expect(yield* ended(2)).toEqual({ "GET https 204": 1, "GET 204": 1 })
    }).pipe(Effect.provide(layer))
  )
})

function untraced<E, R>(app: HttpApp.Default<E, R>) {
  return HttpMiddleware.withTracerDisabledWhenEffect(HttpServer.serveEffect(app), () => true)
}
