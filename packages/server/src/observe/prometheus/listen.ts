/** A server of its own for the page, on Node's HTTP module, for applications that have none or keep theirs to themselves. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import type { PageFor } from "./page.ts"

/** Where to listen. */
export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** The page can't be served there: the port is taken, or port or path are none. */
export class PrometheusListenError extends Data.TaggedError("PrometheusListenError")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  override get message(): string {
    const isInUse = this.cause instanceof Error && "code" in this.cause && this.cause.code === "EADDRINUSE"
    const why = isInUse ? "another program listens there; choose another port, or 0 for a free one" : String(this.cause)
    return `Prometheus can't be served at ${this.host}:${this.port}: ${why}`
  }
}

/** Serves the page until the scope closes; its address. */
export const listen = (
  pageFor: PageFor,
  { host, path, port }: ListenOptions
): Effect.Effect<URL, PrometheusListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime()
    const server = Http.createServer((request, response) => {
      const fiber = Runtime.runFork(runtime, answer(pageFor, path, { request, response }))
      response.once("close", () => fiber.unsafeInterruptAsFork(fiber.id()))
    })
    const problem = problemOf(path, port)
    if (problem !== undefined) {
      return yield* new PrometheusListenError({ host, port, cause: problem })
    }
    yield* Effect.acquireRelease(opened(server, host, port), () => closed(server))
    const address = server.address()
    const bound = typeof address === "object" && address !== null ? address.port : port
    return new URL(`http://${host.includes(":") ? `[${host}]` : host}:${bound}${path}`)
  })

const problemOf = (path: string, port: number): string | undefined => {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return "a port is a whole number from 0 to 65535, and 0 takes a free one"
  }
  return path.startsWith("/") && pathOf(path) === path
    ? undefined
    : `the path "${path}" must begin with "/", and be written as it is in an address`
}

const opened = (server: Http.Server, host: string, port: number): Effect.Effect<void, PrometheusListenError> =>
  Effect.async((resume) => {
    server.once("error", (cause) => resume(new PrometheusListenError({ host, port, cause })))
    server.listen({ host, port }, () => resume(Effect.void))
  })

const closed = (server: Http.Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

interface Exchange {
  readonly request: Http.IncomingMessage
  readonly response: Http.ServerResponse
}

const answer = (pageFor: PageFor, path: string, exchange: Exchange): Effect.Effect<void> =>
  Effect.catchAllDefect(answered(pageFor, path, exchange), (defect) =>
    Effect.zipRight(Effect.logWarning("The Prometheus page died", defect), broken(exchange.response))
  )

/** Half a page must not look like a whole one. */
const broken = (response: Http.ServerResponse): Effect.Effect<void> =>
  response.headersSent
    ? Effect.sync(() => response.destroy())
    : refuse(response, 500, "the page could not be made; the log says why")

const answered = (pageFor: PageFor, path: string, { request, response }: Exchange): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (pathOf(request.url ?? "/") !== path) {
      return refuse(response, 404, `there is only ${path}`)
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      return refuse(response, 405, "only GET and HEAD")
    }
    const page = pageFor(request.headers.accept)
    response.statusCode = 200
    response.setHeader("content-type", page.contentType)
    const body = request.method === "HEAD" ? Stream.empty : page.body
    return Effect.zipRight(
      Stream.runForEach(body, (text) => write(response, text)),
      Effect.sync(() => response.end())
    )
  })

/** The path of what a request asks for, which may be a whole address, or nothing that can be understood. */
const pathOf = (target: string): string | undefined => {
  const base = "http://localhost"
  return URL.canParse(target, base) ? new URL(target, base).pathname : undefined
}

const refuse = (response: Http.ServerResponse, status: number, message: string): Effect.Effect<void> =>
  Effect.sync(() => {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${message}\n`)
  })

/** Waits until a slow scraper has taken what was written before. */
const write = (response: Http.ServerResponse, text: string): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (response.write(text)) {
      return resume(Effect.void)
    }
    const onDrain = (): void => resume(Effect.void)
    response.once("drain", onDrain)
    return Effect.sync(() => response.off("drain", onDrain))
  })
