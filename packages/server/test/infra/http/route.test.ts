import { HttpRouter, HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { ended, exchange, layer, request, serve } from "./http-server.ts"

const orders = HttpRouter.empty.pipe(HttpRouter.get("/orders/:order", HttpServerResponse.text("order")))

it.scopedLive("keeps the prefix of what a router is mounted in that sees its whole path", () =>
  Effect.gen(function* () {
    const whole = HttpRouter.empty.pipe(
      HttpRouter.mountApp("/whole", HttpRouter.prefixAll(orders, "/whole"), { includePrefix: true })
    )
    const port = yield* serve(HttpMetrics.router(HttpRouter.empty.pipe(HttpRouter.mountApp("/api", whole))))
    yield* exchange(port, request("GET /api/whole/orders/1"))
    expect(yield* ended(1)).toEqual({ "GET /api/whole/orders/:order 200": 1 })
  }).pipe(Effect.provide(layer))
)

it.scopedLive("is that of the router which had one, after another was asked in vain", () =>
  Effect.gen(function* () {
    const first = HttpMetrics.router(HttpRouter.empty.pipe(HttpRouter.mountApp("/api", orders)))
    const second = HttpMetrics.router(
      HttpRouter.empty.pipe(HttpRouter.get("/api/items/:item", HttpServerResponse.text("item")))
    )
    const port = yield* serve(HttpMetrics.middleware(Effect.catchTag(first, "RouteNotFound", () => second)))
    yield* exchange(port, request("GET /api/items/1"))
    yield* exchange(port, request("GET /api/nothing"))
    expect(yield* ended(2)).toEqual({ "GET /api/items/:item 200": 1, "GET 404": 1 })
  }).pipe(Effect.provide(layer))
)
