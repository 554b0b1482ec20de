/** Servers of HTTP/1.1 and HTTP/2, with and without TLS, and clients that leave a response in the middle. */
import type { HttpApp } from "@effect/platform"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { authority, contentsOf } from "@parametric-portal/receivers/authority"
import { Effect, Layer, type Scope } from "effect"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import * as Https from "node:https"
import { connect, type Socket } from "node:net"
import * as Tls from "node:tls"
import { portOf } from "./http-server.ts"

/** What a server speaks. */
export type Protocol = "http" | "https" | "http2" | "http2 over TLS"

export const protocols: ReadonlyArray<Protocol> = ["http", "https", "http2", "http2 over TLS"]

const makers = {
  http: () => Http.createServer(),
  https: (tls: Tls.TlsOptions) => Https.createServer(tls),
  http2: () => Http2.createServer(),
  "http2 over TLS": (tls: Tls.TlsOptions) => Http2.createSecureServer(tls)
}

// `NodeHttpServer` takes the compatible API of HTTP/2, which its types do not know.
const isServer = (server: object): server is Http.Server => "listen" in server

/** A server that was started. */
export interface Started {
  readonly protocol: Protocol
  readonly port: number
  /** Closes the connections of all clients at once. */
  readonly closeConnections: () => void
  /** Closes connections on which nothing was sent or received for so long. */
  readonly setTimeout: (ms: number) => void
}

/** Serves until the scope closes. */
export const start = <E, R>(protocol: Protocol, app: HttpApp.Default<E, R>) =>
  Effect.gen(function* () {
    const tls = contentsOf((yield* authority("authority")).issue("server"))
    const made = makers[protocol](tls)
    const sockets = new Set<Socket>()
    made.on("connection", (socket: Socket) => sockets.add(socket))
    const closeConnections = (): void => sockets.forEach((socket) => socket.destroy())
    // A connection of HTTP/2 that a client keeps open would keep the server open.
    yield* Effect.addFinalizer(() => Effect.sync(closeConnections))
    const server = isServer(made) ? made : Http.createServer()
    const context = yield* Layer.build(Layer.orDie(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" })))
    const port = yield* Effect.provide(Effect.zipRight(HttpServer.serveEffect(app), portOf), context)
    return { protocol, port, closeConnections, setTimeout: (ms: number) => void made.setTimeout(ms) }
  })

/** A request that was sent. */
export interface Sent {
  /** Its head has arrived, and nothing of its body was read. */
  readonly answered: Effect.Effect<number>
  /** Some of the body has arrived; no more is read. */
  readonly readSome: Effect.Effect<void>
  /** Gives the request up: a stream of HTTP/2 is reset, a connection of HTTP/1.1 closed. */
  readonly reset: () => void
  /** The connection, below TLS. */
  readonly socket: Socket
  readonly session: Http2.ClientHttp2Session | undefined
}

/** Sends a request on a connection of its own, which closes with the scope. */
export const send = (
  { port, protocol }: Started,
  path: string,
  method = "GET"
): Effect.Effect<Sent, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => connect(port, "127.0.0.1")),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) => {
      const tls = { socket, rejectUnauthorized: false }
      socket.on("error", () => undefined)
      switch (protocol) {
        case "http":
          return { socket, ...overHttp1(socket, { path, method }) }
        case "https":
          return { socket, ...overHttp1(Tls.connect(tls), { path, method }) }
        case "http2":
          return { socket, ...overHttp2(socket, { path, method }) }
        case "http2 over TLS":
          return { socket, ...overHttp2(Tls.connect({ ...tls, ALPNProtocols: ["h2"] }), { path, method }) }
      }
    }
  )

interface Asked {
  readonly path: string
  readonly method: string
}

const overHttp1 = (socket: Socket, { method, path }: Asked): Omit<Sent, "socket"> => {
  socket.on("error", () => undefined)
  const asked = Http.request({ createConnection: () => socket, path, method, host: "127.0.0.1" })
  asked.on("error", () => undefined)
  const response = new Promise<Http.IncomingMessage>((resolve) => {
    asked.on("response", (message) => {
      message.on("error", () => undefined)
      resolve(message)
    })
  })
  asked.end()
  return {
    answered: Effect.map(
      Effect.promise(() => response),
      ({ statusCode = 0 }) => statusCode
    ),
    readSome: Effect.promise(async () => firstOf(await response)),
    reset: () => asked.destroy(),
    session: undefined
  }
}

const overHttp2 = (socket: Socket, { method, path }: Asked): Omit<Sent, "socket"> => {
  socket.on("error", () => undefined)
  const session = Http2.connect("http://127.0.0.1", { createConnection: () => socket })
  session.on("error", () => undefined)
  const stream = session.request({ ":path": path, ":method": method })
  stream.on("error", () => undefined)
  const head = new Promise<number>((resolve) => {
    stream.on("response", (headers) => resolve(headers[":status"] ?? 0))
  })
  return {
    answered: Effect.promise(() => head),
    readSome: Effect.promise(() => firstOf(stream)),
    reset: () => stream.close(Http2.constants.NGHTTP2_CANCEL),
    session
  }
}

const firstOf = (body: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve) => {
    body.once("data", () => {
      body.pause()
      resolve()
    })
  })
