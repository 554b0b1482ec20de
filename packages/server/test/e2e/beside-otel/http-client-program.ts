/**
 * One client whose requests are measured twice at once, by this library and by OpenTelemetry's instrumentation. Prints
 * both as JSON: after each round of requests that are timed, and after those that are only counted.
 */
import {
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Stream } from "effect"
import { createServer, type Server } from "node:net"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { counts, portOf, sums } from "../../infra/http/http-server.ts"
import { layer, originOf, theirs } from "./instrumented.ts"

const bytes = new Uint8Array(1_000)
const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/text", HttpServerResponse.text("text")),
  HttpRouter.post(
    "/text",
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => Effect.map(text, HttpServerResponse.text))
  ),
  HttpRouter.get("/empty", HttpServerResponse.empty()),
  HttpRouter.get("/slow", Effect.delay(HttpServerResponse.text("slow", { status: 202 }), "120 millis")),
  HttpRouter.get("/stream", HttpServerResponse.stream(Stream.make(bytes, bytes), { status: 203 })),
  HttpRouter.get("/moved", HttpServerResponse.redirect("/text")),
  HttpRouter.get("/down", HttpServerResponse.empty({ status: 503 })),
  HttpRouter.get("/never", Effect.never)
)

/** Requests whose durations are compared: without a body or with a short one, and some of more than 100 ms. */
const timed = (client: HttpClient.HttpClient) =>
  Effect.gen(function* () {
    for (const path of ["/text", "/empty", "/nothing"]) {
      yield* Effect.repeatN(read(client.get(path)), 99)
    }
    yield* Effect.repeatN(read(client.get("/slow")), 2)
  })

const read = <E, R>(sending: Effect.Effect<{ readonly text: Effect.Effect<string, E> }, E, R>) =>
  Effect.flatMap(sending, ({ text }) => text)

/** Requests that are only counted. */
const counted = (client: HttpClient.HttpClient) =>
  Effect.gen(function* () {
    yield* Effect.repeatN(read(client.post("/text")), 19)
    yield* Effect.repeatN(client.head("/text"), 19)
    yield* Effect.repeatN(read(client.get("/stream")), 19)
    yield* Effect.repeatN(read(client.get("/down")), 19)
    yield* Effect.repeatN(read(HttpClient.followRedirects(client).get("/moved")), 19)
    yield* Effect.repeatN(Effect.exit(client.get("/never").pipe(Effect.timeout("30 millis"))), 4)
  })

/** A port at which nobody listens, and one at which each connection is closed. */
const brokenPorts = Effect.gen(function* () {
  const closing = createServer((socket) => socket.once("data", () => socket.destroy()))
  const silent = createServer()
  const [closed, gone] = yield* Effect.all([listening(closing), listening(silent)])
  silent.close()
  return { closed, gone }
})

const listening = (server: Server) =>
  Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Both, as they are now. */
const measured = Effect.gen(function* () {
  const { http } = yield* MetricsService
  const name = http.clientRequestDuration.row.name
  const ours = { counts: yield* counts(name), sums: yield* sums(name) }
  const active = yield* counts(http.clientActiveRequests.row.name)
  return { ours, theirs: yield* theirs("http.client.request.duration"), active }
})

await Effect.gen(function* () {
  yield* HttpServer.serveEffect(routes)
  const port = yield* portOf
  const base = yield* HttpClient.HttpClient
  const client = HttpClient.mapRequest(base, HttpClientRequest.prependUrl(originOf(port)))
  const rounds = yield* Effect.replicateEffect(Effect.zipRight(timed(client), measured), 12)
  yield* counted(client)
  const { closed, gone } = yield* brokenPorts
  yield* Effect.exit(base.get(`${originOf(closed)}/`))
  yield* Effect.exit(base.get(`${originOf(gone)}/`))
  yield* Effect.sleep("200 millis")
  process.stdout.write(`${JSON.stringify({ rounds, all: yield* measured })}\n`)
}).pipe(
  Effect.scoped,
  Effect.provide(HttpMetrics.clientLayer.pipe(Layer.provide(NodeHttpClient.layer), Layer.provideMerge(layer))),
  Effect.runPromise
)
process.exit(0)
