/** A request whose client leaves ends, whatever it is sent over and however the response ends. */
import { HttpRouter, HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger, Stream } from "effect"
import { Readable } from "node:stream"
import { describe } from "vitest"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { counts, ended } from "./http-server.ts"
import { type Protocol, protocols, type Sent, send, type Started, start } from "./protocols.ts"

const size = 20_000_000
const chunk = new Uint8Array(64_000)
const form = new FormData()
form.append("file", new Blob([new Uint8Array(size)]))

/** Bodies that are larger than what fits into the buffers of a connection. */
const bodies = {
  bytes: HttpServerResponse.uint8Array(new Uint8Array(size)),
  text: HttpServerResponse.text("x".repeat(size)),
  stream: HttpServerResponse.stream(Stream.forever(Stream.make(chunk))),
  "one-chunk": HttpServerResponse.stream(Stream.make(new Uint8Array(size))),
  file: Effect.sync(() =>
    HttpServerResponse.raw(
      new Readable({
        read() {
          this.push(chunk)
        }
      })
    )
  ),
  raw: HttpServerResponse.raw(Buffer.alloc(size)),
  form: HttpServerResponse.formData(form)
}

const names = Object.keys(bodies)

const routes = Object.entries(bodies).reduce(
  (router, [name, body]) => HttpRouter.get(router, `/${name}`, body),
  HttpRouter.empty.pipe(HttpRouter.get("/never", Effect.never))
)

type Way = (server: Started, sent: ReadonlyArray<Sent>) => void

/** How a response ends that is not read to its end. */
const ways: Readonly<Record<string, Way>> = {
  "the client gives the request up": (_, sent) => sent.forEach(({ reset }) => reset()),
  "the client closes the connection": (_, sent) => sent.forEach(({ socket }) => socket.destroy()),
  "the client resets the connection": (_, sent) => sent.forEach(({ socket }) => socket.resetAndDestroy()),
  "the server closes all connections": ({ closeConnections }) => closeConnections()
}

const waysOfHttp2: Readonly<Record<string, Way>> = {
  "the client destroys the session": (_, sent) => sent.forEach(({ session }) => session?.destroy()),
  "the client goes away with an error": (_, sent) => sent.forEach(({ session }) => session?.destroy(undefined, 2))
}

const waysOf = (protocol: Protocol) => Object.entries(protocol.startsWith("http2") ? { ...ways, ...waysOfHttp2 } : ways)

/** What is counted once each of the responses was cut off. */
const cutOff = Object.fromEntries([
  ...names.map((name) => [`GET /${name} 200 client_abort`, 1] as const),
  ["GET /never client_abort", 1] as const
])

const paths = [...names, "never"]

const layer = Layer.merge(Testing.layer(), Logger.remove(Logger.defaultLogger))

describe.each(protocols)("over %s a response", (protocol) => {
  it.scopedLive.each(waysOf(protocol))("that nobody reads ends as %s", ([, leave]) =>
    Effect.gen(function* () {
      const { http } = yield* MetricsService
      const server = yield* start(protocol, HttpMetrics.router(routes))
      const sent = yield* Effect.forEach(paths, (path) => send(server, `/${path}`))
      yield* Effect.forEach(sent.slice(0, -1), ({ answered }) => answered)
      const active = counts(http.serverActiveRequests.row.name)
      yield* Testing.eventually(active, (found) => Object.values(found)[0] === paths.length)
      leave(server, sent)
      expect(withoutScheme(yield* ended(paths.length))).toEqual(cutOff)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("that is read in part ends as the client gives it up", () =>
    Effect.gen(function* () {
      const server = yield* start(protocol, HttpMetrics.router(routes))
      const sent = yield* Effect.forEach(names, (path) => send(server, `/${path}`))
      yield* Effect.forEach(sent, ({ readSome }) => readSome)
      sent.forEach(({ reset }) => reset())
      const { "GET /never client_abort": _, ...expected } = cutOff
      expect(withoutScheme(yield* ended(names.length))).toEqual(expected)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("that nobody reads ends as its connection times out", () =>
    Effect.gen(function* () {
      const server = yield* start(protocol, HttpMetrics.router(routes))
      server.setTimeout(400)
      yield* Effect.forEach(paths, (path) => send(server, `/${path}`))
      expect(withoutScheme(yield* ended(paths.length))).toEqual(cutOff)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("whose handler does not see that its client left ends with the handler", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const proceed = yield* Deferred.make<void>()
      const handler = Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(proceed))
      const app = Effect.uninterruptible(Effect.zipRight(handler, bodies.bytes))
      const server = yield* start(protocol, HttpMetrics.middleware(app))
      const { reset } = yield* send(server, "/")
      yield* Deferred.await(started)
      reset()
      yield* Effect.sleep("50 millis")
      yield* Deferred.succeed(proceed, undefined)
      expect(withoutScheme(yield* ended(1))).toEqual({ "GET client_abort": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("to HEAD and without a body ends by itself", () =>
    Effect.gen(function* () {
      const server = yield* start(protocol, HttpMetrics.router(routes))
      for (const name of names) {
        expect(yield* (yield* send(server, `/${name}`, "HEAD")).answered).toBe(200)
      }
      expect(yield* (yield* send(server, "/nothing")).answered).toBe(404)
      const expected = names.map((name) => [`HEAD /${name} 200`, 1] as const)
      expect(withoutScheme(yield* ended(names.length + 1))).toEqual(Object.fromEntries([...expected, ["GET 404", 1]]))
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("that is sent without the body that it was given is none that the client left", () =>
    Effect.gen(function* () {
      const unchanged = HttpServerResponse.text("text", { status: 304 })
      const server = yield* start(protocol, HttpMetrics.router(HttpRouter.empty.pipe(HttpRouter.get("/", unchanged))))
      expect(yield* (yield* send(server, "/")).answered).toBe(304)
      expect(withoutScheme(yield* ended(1))).toEqual({ "GET / 304": 1 })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("that is read to its end is none that the client left, also where its request ends later", () =>
    Effect.gen(function* () {
      const finished = yield* Deferred.make<void>()
      const handler = Effect.as(
        Effect.addFinalizer(() => Deferred.await(finished)),
        HttpServerResponse.text("text")
      )
      const app = HttpMetrics.router(HttpRouter.empty.pipe(HttpRouter.get("/text", handler)))
      const server = yield* start(protocol, app)
      const sent = yield* send(server, "/text")
      yield* sent.readSome
      sent.session?.close()
      yield* Effect.sleep("50 millis")
      yield* Deferred.succeed(finished, undefined)
      expect(withoutScheme(yield* ended(1))).toEqual({ "GET /text 200": 1 })
    }).pipe(Effect.provide(layer))
  )
})

const withoutScheme = (found: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(found).map(([labels, count]) => [labels.replace(" https", ""), count]))
