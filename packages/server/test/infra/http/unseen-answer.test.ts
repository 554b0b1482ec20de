/** An answer that can't be seen, or not to its end, leaves no request under way, and is sent all the same. */
import { HttpApp, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { IncomingMessage } from "node:http"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { ended, exchange, layer, request, serve } from "./http-server.ts"

const watchErrors = Effect.gen(function* () {
  const { telemetry } = yield* MetricsService
  const [found = 0] = Object.entries(yield* Testing.snapshot)
    .filter(([text]) => text === `${telemetry.watchErrors.row.name}{site="http server"}`)
    .map(([, value]) => value)
  return found
})

/** What a program in JavaScript may answer. */
const app = (answer: unknown): HttpApp.Default => Effect.map(Effect.void, () => JSON.parse(JSON.stringify(answer)))

describe("an application that answers what is no response", () => {
  it.scopedLive.each([null, {}, { status: 200, body: null }, "text"])("%j is counted as failed", (answer) =>
    Effect.gen(function* () {
      const port = yield* serve(HttpMetrics.middleware(app(answer)))
      expect(yield* exchange(port, request("GET /"))).toContain("500 Internal Server Error")
      expect(yield* ended(1)).toEqual({ "GET 500 500": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("is counted by a web handler too", () =>
    Effect.gen(function* () {
      const runtime = yield* Effect.runtime<MetricsService>()
      const handle = HttpApp.toWebHandlerRuntime(runtime)(HttpMetrics.middleware(app(null)))
      const { status } = yield* Effect.promise(() => handle(new Request("http://localhost/")))
      expect(status).toBe(500)
      expect(yield* ended(1)).toEqual({ "GET 500 500": 1 })
    }).pipe(Effect.provide(layer))
  )
})

/** The application, from whose connection a property can't be read once it has run. */
const without = (property: string): HttpApp.Default<never, MetricsService> =>
  HttpMetrics.middleware(
    Effect.map(HttpServerRequest.HttpServerRequest, ({ source }) => {
      if (source instanceof IncomingMessage) {
        Object.defineProperty(source.socket, property, {
          get: () => {
            throw new Error("broken")
          }
        })
      }
      return HttpServerResponse.unsafeJson({})
    })
  )

describe("a connection that can't be asked", () => {
  it.scopedLive.each(["errored", "aborted", "bytesRead"])("for %s loses no request", (property) =>
    Effect.gen(function* () {
      const port = yield* serve(without(property))
      const bytes = request("POST /", "Content-Length: 0")
      expect(yield* exchange(port, bytes)).toContain("200 OK")
      expect(yield* ended(1)).toEqual({ "POST 200": 1 })
      expect(yield* watchErrors).toBeGreaterThan(0)
    }).pipe(Effect.provide(layer))
  )
})
