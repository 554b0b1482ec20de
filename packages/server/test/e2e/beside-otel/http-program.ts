/**
 * One server whose requests are measured twice at once, by this library and by OpenTelemetry's instrumentation. Prints
 * both as JSON: after each round of requests that are timed, and after those that are only counted.
 */
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Schedule, Stream } from "effect"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Over from "../../infra/http/http-server.ts"
import { counts, portOf, request, sums } from "../../infra/http/http-server.ts"
import { layer, open, originOf, theirs } from "./instrumented.ts"

const exchange = (port: number, sent: string) => Over.exchange(port, sent, open)
const connected = (port: number, sent: string) => Over.connected(port, sent, open)

const bytes = new Uint8Array(1_000)
const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/text", HttpServerResponse.text("text")),
  HttpRouter.post(
    "/text",
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => Effect.map(text, HttpServerResponse.text))
  ),
  HttpRouter.get("/slow", Effect.delay(HttpServerResponse.text("slow", { status: 202 }), "120 millis")),
  HttpRouter.get("/timeout", Effect.timeout(Effect.never, "120 millis")),
  HttpRouter.get(
    "/slow-stream",
    HttpServerResponse.stream(Stream.schedule(Stream.make(bytes, bytes), Schedule.spaced("80 millis")), { status: 203 })
  ),
  HttpRouter.get("/stream", HttpServerResponse.stream(Stream.make(bytes, bytes))),
  HttpRouter.get("/half", HttpServerResponse.stream(Stream.concat(Stream.make(bytes), Stream.fail("broken")))),
  HttpRouter.get("/defect", Effect.die("defect")),
  HttpRouter.get("/pipelined", HttpServerResponse.text("text", { status: 206 })),
  HttpRouter.get("/down", HttpServerResponse.empty({ status: 503 })),
  HttpRouter.get("/never", Effect.never),
  HttpRouter.get("/items/:id", HttpServerResponse.empty()),
  HttpRouter.get(
    "/socket",
    Effect.flatMap(HttpServerRequest.upgrade, (socket) =>
      Effect.as(
        socket.run(() => undefined),
        HttpServerResponse.empty()
      )
    )
  )
)

const keepAlive = (line: string): string => `${line} HTTP/1.1\r\nHost: x\r\n\r\n`

const times = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => keepAlive(line(at))).join("") + request(line(count))

/** One after the other on a connection that is kept. */
const kept = (urls: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    for (const url of urls) {
      await (await fetch(url)).arrayBuffer()
    }
  })

/** Requests whose durations are compared: quick ones, and some of more than 100 ms. */
const timed = (port: number) =>
  Effect.gen(function* () {
    for (const folder of ["text?", "items/", "nothing/"]) {
      yield* kept(Array.from({ length: 100 }, (_, at) => `${originOf(port)}/${folder}${at}`))
    }
    yield* Effect.repeatN(exchange(port, request("GET /slow")), 2)
    yield* Effect.repeatN(exchange(port, request("GET /slow-stream")), 2)
  })

/** Requests that are only counted. */
const counted = (port: number) =>
  Effect.gen(function* () {
    yield* exchange(
      port,
      times(199, () => "GET /pipelined")
    )
    yield* Effect.repeatN(
      exchange(port, request("POST /text", "Content-Length: 4", "Expect: 100-continue") + "body"),
      9
    )
    yield* Effect.repeatN(exchange(port, request("HEAD /text")), 19)
    yield* exchange(port, request("GET /timeout"))
    for (const path of ["stream", "half", "defect", "down"]) {
      yield* Effect.repeatN(exchange(port, request(`GET /${path}`)), 19)
    }
    yield* kept(Array.from({ length: 2_000 }, (_, at) => `${originOf(port)}/items/${at}`))
    yield* kept(Array.from({ length: 2_000 }, (_, at) => `${originOf(port)}/nothing/${at}`))
    for (let at = 0; at < 5; at++) {
      yield* Effect.scoped(Effect.zipRight(connected(port, request("GET /never")), Effect.sleep("120 millis")))
    }
    yield* Effect.scoped(Effect.zipRight(connected(port, handshake), Effect.sleep("100 millis")))
    yield* Effect.sleep("200 millis")
  })

const handshake = [
  "GET /socket HTTP/1.1",
  "Host: x",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
  ""
].join("\r\n")

/** Both, as they are now. */
const measured = Effect.gen(function* () {
  const { http } = yield* MetricsService
  const name = http.serverRequestDuration.row.name
  const ours = { counts: yield* counts(name), sums: yield* sums(name) }
  return {
    ours,
    theirs: yield* theirs("http.server.request.duration"),
    active: yield* counts(http.serverActiveRequests.row.name)
  }
})

await Effect.gen(function* () {
  yield* HttpServer.serveEffect(HttpMetrics.router(routes))
  const port = yield* portOf
  const rounds = yield* Effect.replicateEffect(Effect.zipRight(timed(port), measured), 12)
  yield* counted(port)
  process.stdout.write(`${JSON.stringify({ rounds, all: yield* measured })}\n`)
}).pipe(Effect.scoped, Effect.provide(layer), Effect.runPromise)
process.exit(0)
