/** A server on a free port of 127.0.0.1 that hands each request to a function and sends its answer. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"

/** A request whose body has come. */
export interface Whole {
  readonly request: Http.IncomingMessage
  readonly body: Uint8Array
}

/** What is answered. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Listens until the scope closes; the port. Connections that are open then are cut. */
export const serve = (answer: (whole: Whole) => Answer): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer((request, response) => {
          const chunks: Array<Uint8Array> = []
          request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
          request.once("end", () => {
            const { body, contentType, status } = answer({ request, body: Buffer.concat(chunks) })
            response.writeHead(status, { "content-type": contentType }).end(body)
          })
        })
        server.once("error", (error) => resume(Effect.die(error)))
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    (server) => {
      const address = server.address()
      return typeof address === "object" && address !== null ? address.port : 0
    }
  )
