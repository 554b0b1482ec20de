/** A server on this machine for as long as a scope lasts. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { once } from "node:events"
import { createServer, type RequestListener, type Server } from "node:http"

/** Listens on the port, or on a free one for 0. */
export const serve = (port: number, listener: RequestListener): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer(listener).listen(port, "127.0.0.1")
      await once(server, "listening")
      return server
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
