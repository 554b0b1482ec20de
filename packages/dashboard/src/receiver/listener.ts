/** The listening socket on 127.0.0.1, which can be closed and opened again on the same port. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import type { HttpServer } from "@effect/platform/HttpServer"
import type { ServeError } from "@effect/platform/HttpServerError"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Http from "node:http"

/** The address that a receiver listens on; other machines cannot reach it. */
export const host = "127.0.0.1"

/** More are closed at once: each may hold as much as the longest body. */
const maxConnections = 512

/** Another program listens on the port. */
export class PortInUse extends Data.TaggedError("PortInUse")<{ readonly port: number; readonly message: string }> {}

/** Listening failed for another reason. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly port: number
  readonly message: string
  readonly cause: unknown
}> {}

type App = Effect.Effect<HttpServerResponse, never, HttpServerRequest>

export interface Listener {
  /** Answers requests until the scope closes. */
  readonly serve: (app: App) => Effect.Effect<void, never, Scope>
  readonly port: number
  /** Stops listening and closes all connections. Does nothing when already closed. */
  readonly close: Effect.Effect<void>
  /** Listens again on the same port. Does nothing when already open. */
  readonly open: Effect.Effect<void, PortInUse | ListenFailed>
}

/** Listens on a port until the scope closes; 0 takes a free one. */
export const listen = (requested: number): Effect.Effect<Listener, PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    if (!Number.isInteger(requested) || requested < 0 || requested > 65535) {
      return yield* new ListenFailed({
        port: requested,
        message: `${requested} is not a port. Use a whole number from 0 to 65535; 0 takes a free port.`,
        cause: undefined
      })
    }
    const node = Http.createServer({ requestTimeout: 60_000 })
    node.maxConnections = maxConnections
    const server = yield* NodeHttpServer.make(() => node, { host, port: requested }).pipe(
      Effect.mapError((error: ServeError) => listenError(requested, error.cause))
    )
    yield* Effect.addFinalizer(() => close(node))
    const port = server.address._tag === "TcpAddress" ? server.address.port : requested
    return { serve: serve(server, node), port, close: close(node), open: open(node, port) }
  })

/**
 * Node hands the connection of an upgrade request to the listeners of that event, and then an error on it would end the
 * process. Without listeners, Node ignores the upgrade and the request is answered like others.
 */
const serve = (server: HttpServer, node: Http.Server) => (app: App) =>
  HttpMiddleware.withTracerDisabledWhenEffect(server.serve(app), () => true).pipe(
    Effect.zipRight(Effect.sync(() => void node.removeAllListeners("upgrade")))
  )

const close = (node: Http.Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (!node.listening) {
      return resume(Effect.void)
    }
    node.close(() => resume(Effect.void))
    node.closeAllConnections()
  })

const open = (node: Http.Server, port: number): Effect.Effect<void, PortInUse | ListenFailed> =>
  Effect.async((resume) => {
    if (node.listening) {
      return resume(Effect.void)
    }
    const onError = (cause: Error) => resume(Effect.fail(listenError(port, cause)))
    node.once("error", onError)
    node.listen({ host, port }, () => {
      node.off("error", onError)
      resume(Effect.void)
    })
  })

const listenError = (port: number, cause: unknown): PortInUse | ListenFailed => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") {
    const message =
      `Port ${port} of ${host} is in use. Stop the program that listens there ` +
      `(ss -ltnp "sport = :${port}" shows it), or use another port; 0 takes a free one.`
    return new PortInUse({ port, message })
  }
  return new ListenFailed({ port, message: `Cannot listen on port ${port} of ${host}: ${String(cause)}`, cause })
}
