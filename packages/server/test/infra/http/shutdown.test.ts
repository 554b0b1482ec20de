/** What is observed of requests that are under way while the server shuts down. */
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { createServer } from "node:http"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { counts, ended, exchange, portOf, request } from "./http-server.ts"

/** A served layer with a request under way. */
const underWay = Effect.gen(function* () {
  const started = yield* Deferred.make<void>()
  const proceed = yield* Deferred.make<void>()
  const handler = Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(proceed))
  const routes = HttpRouter.empty.pipe(
    HttpRouter.get("/work", Effect.zipRight(handler, HttpServerResponse.text("done")))
  )
  const node = createServer()
  const served = Layer.provideMerge(
    HttpServer.serve(HttpMetrics.router(routes)),
    NodeHttpServer.layer(() => node, { port: 0, host: "127.0.0.1" })
  )
  const scope = yield* Scope.make()
  const context = yield* Scope.extend(Layer.build(served), scope)
  const port = yield* Effect.provide(portOf, context)
  const answer = yield* Effect.fork(Effect.option(exchange(port, request("GET /work"))))
  yield* Deferred.await(started)
  return { answer, close: Scope.close(scope, Exit.void), node, proceed }
})

it.scopedLive("a request that ends while its server closes is counted, and the server waits for it", () =>
  Effect.gen(function* () {
    const { http } = yield* MetricsService
    const { answer, close, proceed } = yield* underWay
    const closing = yield* Effect.fork(close)
    yield* Effect.sleep("20 millis")
    expect(yield* counts(http.serverActiveRequests.row.name)).toEqual({ GET: 1 })
    yield* Deferred.succeed(proceed, undefined)
    yield* Fiber.join(closing)
    expect(yield* ended(1)).toEqual({ "GET /work 200": 1 })
    expect(yield* Fiber.join(answer)).toMatchObject({ _tag: "Some", value: expect.stringContaining("done") })
  }).pipe(Effect.provide(Testing.layer()))
)

it.scopedLive("a request whose connection its server closes is counted as one whose client went away", () =>
  Effect.gen(function* () {
    const { close, node } = yield* underWay
    const closing = yield* Effect.fork(close)
    node.closeAllConnections()
    yield* Fiber.join(closing)
    expect(yield* ended(1)).toEqual({ "GET /work client_abort": 1 })
  }).pipe(Effect.provide(Testing.layer()))
)
