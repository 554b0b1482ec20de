import {
  FetchHttpClient,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  HttpRouter,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { counts, layer, portOf, serve, server } from "./http-server.ts"

const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/text", HttpServerResponse.text("text")),
  HttpRouter.get("/moved", HttpServerResponse.redirect("/text")),
  HttpRouter.get("/missing", HttpServerResponse.empty({ status: 404 })),
  HttpRouter.get("/down", HttpServerResponse.empty({ status: 503 })),
  HttpRouter.get("/never", Effect.never)
)

const clients = {
  "Node's": NodeHttpClient.layer,
  "undici's": NodeHttpClient.layerUndici,
  fetch: Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
}

/** The durations, and that nothing is under way. */
const sent = Effect.gen(function* () {
  const { http } = yield* MetricsService
  expect(yield* counts(http.clientActiveRequests.row.name)).toEqual({})
  return yield* counts(http.clientRequestDuration.row.name)
})

describe.each(Object.entries(clients))("the client of %s", (_, base) => {
  const client = HttpMetrics.clientLayer.pipe(Layer.provide(base), Layer.provideMerge(layer))

  const started = Effect.gen(function* () {
    const given = yield* HttpClient.HttpClient
    const port = yield* serve(routes)
    return given.pipe(HttpClient.mapRequest(HttpClientRequest.prependUrl(`http://127.0.0.1:${port}`)))
  })

  it.scopedLive("counts each response by its status, and none by its path", () =>
    Effect.gen(function* () {
      const given = yield* started
      for (const path of ["/text?secret=1", "/text", "/missing", "/down"]) {
        yield* Effect.flatMap(given.get(path), ({ text }) => text)
      }
      expect(yield* sent).toEqual({
        "GET 127.0.0.1 200": 2,
        "GET 127.0.0.1 404 404": 1,
        "GET 127.0.0.1 503 503": 1
      })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("counts each of retries and redirects", () =>
    Effect.gen(function* () {
      const given = yield* started
      yield* Effect.scoped(HttpClient.retryTransient(given, { times: 2 }).get("/down"))
      yield* HttpClient.followRedirects(given).get("/moved")
      expect(yield* sent).toEqual({ "GET 127.0.0.1 503 503": 3, "GET 127.0.0.1 302": 1, "GET 127.0.0.1 200": 1 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("counts a request that is interrupted", () =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const given = yield* started
      const fiber = yield* Effect.fork(given.get("/never"))
      yield* Testing.eventually(counts(http.clientActiveRequests.row.name), (found) => found["GET 127.0.0.1"] === 1)
      yield* Fiber.interrupt(fiber)
      expect(yield* sent).toEqual({ "GET 127.0.0.1 interrupted": 1 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("counts a server that is not there, and a URL that is none", () =>
    Effect.gen(function* () {
      const given = yield* HttpClient.HttpClient
      const port = yield* Effect.scoped(Effect.provide(portOf, server))
      yield* Effect.exit(given.get(`http://127.0.0.1:${port}/path`))
      yield* Effect.exit(given.get("http://[broken"))
      expect(yield* sent).toEqual({ "GET 127.0.0.1 ECONNREFUSED": 1, "GET InvalidUrl": 1 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("leaves a response that can't be decoded a success", () =>
    Effect.gen(function* () {
      const given = yield* started
      const decoded = Effect.flatMap(given.get("/text"), HttpClientResponse.schemaBodyJson(Schema.Number))
      expect((yield* Effect.exit(decoded))._tag).toBe("Failure")
      expect(yield* sent).toEqual({ "GET 127.0.0.1 200": 1 })
    }).pipe(Effect.provide(client))
  )
})

it.scopedLive("a client that is decorated twice counts once", () =>
  Effect.gen(function* () {
    const given = yield* HttpClient.HttpClient
    const port = yield* serve(routes)
    yield* given.get(`http://127.0.0.1:${port}/text`)
    expect(yield* sent).toEqual({ "GET 127.0.0.1 200": 1 })
  }).pipe(
    Effect.provide(
      HttpMetrics.clientLayer.pipe(
        Layer.provide(HttpMetrics.clientLayer),
        Layer.provide(NodeHttpClient.layer),
        Layer.provideMerge(layer)
      )
    )
  )
)
