/** The route where a middleware stands between the observation and the router. */
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApp,
  HttpLayerRouter,
  HttpMiddleware,
  HttpRouter,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Metric, Schema } from "effect"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import type { MetricsService } from "../../../src/observe/metrics.ts"
import { ended, exchange, layer, portOf, request, serve } from "./http-server.ts"

const untraced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  HttpMiddleware.withTracerDisabledWhenEffect(effect, () => true)

const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) => effect

const variants: ReadonlyArray<readonly [string, typeof traced]> = [
  ["with spans", traced],
  ["without spans", untraced]
]

const order = HttpServerResponse.text("order")
const orders = HttpLayerRouter.add("GET", "/orders/:order", order)

/** Sends `/v0/orders/1` to `/orders/1`. */
const withoutVersion = HttpLayerRouter.middleware(
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.updateService(app, HttpServerRequest.HttpServerRequest, (given) =>
      given.modify({ url: given.url.replace("/v0", "") })
    ),
  { global: true }
)

const refuseAll = HttpLayerRouter.middleware(
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.if(Effect.succeed(false), {
      onTrue: () => app,
      onFalse: () => Effect.succeed(HttpServerResponse.empty({ status: 401 }))
    }),
  { global: true }
)

type Routes = Layer.Layer<never, never, HttpLayerRouter.HttpRouter | MetricsService>

describe.each(variants)("the route of an HttpLayerRouter, %s,", (_, how) => {
  const asked = (routes: Routes, paths: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const options = { disableListenLog: true, disableLogger: true }
      yield* how(Layer.build(HttpLayerRouter.serve(routes, options)))
      const port = yield* portOf
      yield* Effect.forEach(paths, (path) => exchange(port, request(`GET ${path}`)))
      return yield* ended(paths.length)
    })

  it.scopedLive("is what the router matched after a middleware around it has changed the URL", () =>
    Effect.gen(function* () {
      const routes = Layer.mergeAll(withoutVersion, HttpMetrics.layerRouter, orders)
      const found = yield* asked(routes, ["/v0/orders/1", "/orders/1", "/v0/nothing"])
      expect(found).toEqual({ "GET /orders/:order 200": 2, "GET 404": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("is that of the span, else of the URL before a middleware inside of it has changed that", () =>
    Effect.gen(function* () {
      const routes = Layer.mergeAll(HttpMetrics.layerRouter, orders, withoutVersion)
      const found = yield* asked(routes, ["/v0/orders/1", "/orders/1", "/v0/nothing"])
      expect(found).toEqual(
        how === traced
          ? { "GET /orders/:order 200": 2, "GET 404": 1 }
          : { "GET /orders/:order 200": 1, "GET 200": 1, "GET 404": 1 }
      )
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("is that of a request which a middleware refused", () =>
    Effect.gen(function* () {
      const routes = Layer.mergeAll(HttpMetrics.layerRouter, orders, refuseAll)
      expect(yield* asked(routes, ["/orders/1", "/nothing"])).toEqual({ "GET /orders/:order 401": 1, "GET 401": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("is that of an endpoint of an HttpApi, with its prefix", () =>
    Effect.gen(function* () {
      const endpoint = HttpApiEndpoint.get("find", "/orders/:order").setPath(Schema.Struct({ order: Schema.String }))
      const api = HttpApi.make("shop").add(HttpApiGroup.make("orders").add(endpoint)).prefix("/v1")
      const group = HttpApiBuilder.group(api, "orders", (handlers) => handlers.handleRaw("find", () => order))
      const routes = Layer.merge(HttpMetrics.layerRouter, Layer.provide(HttpLayerRouter.addHttpApi(api), group))
      const options = { disableListenLog: true, disableLogger: true }
      yield* how(Layer.build(HttpLayerRouter.serve(routes, options)))
      const port = yield* portOf
      yield* exchange(port, request("GET /v1/orders/1"))
      expect(yield* ended(1)).toEqual({ "GET /v1/orders/:order 200": 1 })
    }).pipe(Effect.provide(layer))
  )
})

describe.each(variants)("the route of an HttpApi, %s,", (_, how) => {
  it.scopedLive("is that of a request which a middleware refused", () =>
    Effect.gen(function* () {
      const refusing = HttpApiBuilder.middleware(() => Effect.succeed(HttpServerResponse.empty({ status: 401 })))
      const routes = HttpApiBuilder.Router.use((router) => router.get("/orders/:order", order))
      const metrics = Layer.provideMerge(HttpMetrics.apiLayer, refusing)
      const served = HttpApiBuilder.serve().pipe(
        Layer.provide([HttpApiBuilder.api(HttpApi.make("shop")), routes, metrics])
      )
      yield* how(Layer.build(served))
      const port = yield* portOf
      yield* exchange(port, request("GET /orders/1"))
      yield* exchange(port, request("GET /nothing"))
      expect(yield* ended(2)).toEqual({ "GET /orders/:order 401": 1, "GET 401": 1 })
    }).pipe(Effect.provide(layer))
  )
})

describe.each(variants)("the route of an HttpRouter in a middleware, %s,", (_, how) => {
  it.scopedLive("is known with the prefix of what is mounted", () =>
    Effect.gen(function* () {
      const below = HttpRouter.empty.pipe(HttpRouter.get("/orders/:order", order))
      const router = HttpRouter.empty.pipe(
        HttpRouter.get("/items/:item", order),
        HttpRouter.mountApp("/api", below),
        HttpRouter.mountApp("/app", HttpServerResponse.empty())
      )
      const port = yield* how(serve(HttpMetrics.middleware(router)))
      for (const path of ["/items/1", "/api/orders/1", "/api/none", "/app/any/path"]) {
        yield* exchange(port, request(`GET ${path}`))
      }
      expect(yield* ended(4)).toEqual({
        "GET /items/:item 200": 1,
        "GET /api/orders/:order 200": 1,
        "GET 404": 1,
        "GET /app/* 204": 1
      })
    }).pipe(Effect.provide(layer))
  )
})

it.scopedLive("an HttpApi that is mounted is asked for its route, and keeps the prefix", () =>
  Effect.gen(function* () {
    const routes = HttpApiBuilder.Router.use((router) => router.get("/orders/:order", order))
    const live = Layer.mergeAll(
      HttpApiBuilder.api(HttpApi.make("shop")),
      routes,
      HttpMetrics.apiLayer,
      HttpApiBuilder.Router.Live,
      HttpApiBuilder.Middleware.layer
    )
    const api = yield* Effect.provide(HttpApiBuilder.httpApp, live)
    const port = yield* untraced(serve(HttpMetrics.router(HttpRouter.mountApp(HttpRouter.empty, "/shop", api))))
    yield* exchange(port, request("GET /shop/orders/1"))
    yield* exchange(port, request("GET /shop/nothing"))
    expect(yield* ended(2)).toEqual({ "GET /shop/orders/:order 200": 1, "GET 404": 1 })
  }).pipe(Effect.provide(layer))
)

it.scopedLive("a look-up is no fiber of the program", () =>
  Effect.gen(function* () {
    const started = Effect.map(Metric.value(Metric.fiberStarted), ({ count }) => Number(count))
    const of = (routes: Routes) =>
      Effect.gen(function* () {
        const app = yield* HttpLayerRouter.toHttpEffect(routes)
        const handler = HttpApp.toWebHandlerRuntime(yield* Effect.runtime<never>())(app)
        const before = yield* started
        yield* Effect.promise(() => handler(new Request("http://x/orders/1")))
        return (yield* started) - before
      })
    const plain = yield* untraced(of(orders))
    expect(yield* untraced(of(Layer.merge(orders, HttpMetrics.layerRouter)))).toBe(plain)
    expect(yield* ended(1)).toEqual({ "GET /orders/:order 200": 1 })
  }).pipe(Effect.provide(layer))
)

it.scopedLive("the function of a middleware is called once, as without metrics", () =>
  Effect.gen(function* () {
    const calls: Array<string> = []
    const named = (name: string) =>
      HttpLayerRouter.middleware(
        <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) => {
          calls.push(name)
          return calls.filter((call) => call === name).length > 1
            ? app
            : Effect.map(app, HttpServerResponse.setHeader(name, "1"))
        },
        { global: true }
      )
    const routes = Layer.mergeAll(named("before"), HttpMetrics.layerRouter, orders, named("after"))
    const app = yield* untraced(HttpLayerRouter.toHttpEffect(routes))
    const handler = HttpApp.toWebHandlerRuntime(yield* Effect.runtime<never>())(app)
    const { headers } = yield* Effect.promise(() => handler(new Request("http://x/orders/1")))
    expect(calls).toEqual(["after", "before"])
    expect([headers.get("before"), headers.get("after")]).toEqual(["1", "1"])
    expect(yield* ended(1)).toEqual({ "GET /orders/:order 200": 1 })
  }).pipe(Effect.provide(layer))
)
