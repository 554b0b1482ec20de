/** What a program sees of its requests is the same with and without the metrics of its client. */
import { HttpClient, HttpClientRequest, HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Runtime } from "effect"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { counts, layer, serve } from "./http-server.ts"

/** Answers with the status, the method, the headers and the body that it was asked with. */
const echo = HttpRouter.empty.pipe(
  HttpRouter.all("/never", Effect.never),
  HttpRouter.all(
    "/status/:status",
    Effect.gen(function* () {
      const { status } = yield* HttpRouter.params
      const { headers, method, text } = yield* HttpServerRequest.HttpServerRequest
      const body = `${method} ${headers["x-given"] ?? ""} ${yield* text}`
      return HttpServerResponse.text(body, { status: Number(status), headers: { location: "/status/200" } })
    })
  )
)

const request = fc.record({
  status: fc.constantFrom(200, 201, 302, 404, 503),
  method: fc.constantFrom("GET" as const, "POST" as const, "PUT" as const, "HEAD" as const),
  header: fc.constantFrom("one", "two"),
  ending: fc.constantFrom("read", "status", "retry", "redirect", "interrupt", "nowhere")
})

type Given = typeof request extends fc.Arbitrary<infer A> ? A : never

/** Everything that can be seen of a request, in order. */
const observed = (client: HttpClient.HttpClient, origin: string, given: Given) =>
  Effect.gen(function* () {
    const events: Array<string> = []
    const base = given.ending === "nowhere" ? "http://127.0.0.1:1" : origin
    const path = given.ending === "interrupt" ? "/never" : `/status/${given.status}?q=1`
    const made = HttpClientRequest.make(given.method)(`${base}${path}`).pipe(
      HttpClientRequest.setHeader("x-given", given.header)
    )
    const noted = client.pipe(
      HttpClient.tapRequest(({ method, url }) => Effect.sync(() => events.push(`asks ${method} ${url}`))),
      HttpClient.tap(({ status }) => Effect.sync(() => events.push(`answered ${status}`)))
    )
    const ended = yield* Effect.exit(
      Effect.flatMap(variant(noted, given.ending).execute(made), ({ status, text }) =>
        Effect.map(text, (body) => ({ status, body }))
      ).pipe(given.ending === "interrupt" ? Effect.timeout("30 millis") : (same) => same)
    )
    return { events, ended: JSON.stringify(ended, withoutIds) }
  })

// Each request has a span of its own, and each response a date.
const withoutIds = (key: string, value: unknown): unknown =>
  ["b3", "traceparent", "date", "id", "startTimeMillis"].includes(key) ? "any" : value

const variant = (client: HttpClient.HttpClient, ending: Given["ending"]): HttpClient.HttpClient => {
  switch (ending) {
    case "status":
      return HttpClient.filterStatusOk(client)
    case "retry":
      return HttpClient.retryTransient(client, { times: 2 })
    case "redirect":
      return HttpClient.followRedirects(client)
    default:
      return client
  }
}

it.scopedLive(
  "a decorated client asks, answers, fails and is interrupted as the client itself",
  () =>
    Effect.gen(function* () {
      const plain = yield* HttpClient.HttpClient
      const watched = yield* Effect.provide(HttpClient.HttpClient, HttpMetrics.clientLayer)
      const { http } = yield* MetricsService
      const origin = `http://127.0.0.1:${yield* serve(echo)}`
      const runPromise = Runtime.runPromise(yield* Effect.runtime<MetricsService>())
      const property = fc.asyncProperty(request, (given) =>
        runPromise(
          Effect.gen(function* () {
            const expected = yield* observed(plain, origin, given)
            expect(yield* observed(watched, origin, given)).toEqual(expected)
            const active = counts(http.clientActiveRequests.row.name)
            yield* Testing.eventually(active, (found) => Object.keys(found).length === 0)
          })
        )
      )
      yield* Effect.promise(() => fc.assert(property, { numRuns: 100 }))
    }).pipe(Effect.provide(Layer.provideMerge(NodeHttpClient.layer, layer))),
  60_000
)
