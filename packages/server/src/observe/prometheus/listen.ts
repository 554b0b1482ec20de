/** A server of its own for the page, on Node's HTTP module, for applications that have none or keep theirs to themselves. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { hostCheck } from "./host-names.ts"
import type { PageFor } from "./page.ts"

/** Where to listen. */
export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly path: string
  /** The names that a request may have in `Host`; see `host-names.ts`. */
  readonly names?: ReadonlyArray<string> | undefined
  /** How long a scraper may read nothing, and how long a scrape may take in all. */
  readonly patience?: { readonly stall: Duration.DurationInput; readonly scrape: Duration.DurationInput } | undefined
}

/** More are answered with 503: each holds a piece of a page, and collects for itself. */
const maxScrapes = 5

/** Connections, with and without a request: more are closed at once. */
const maxConnections = 100

/** A Prometheus gives up after ten seconds, unless told otherwise. */
const defaultPatience = { stall: "10 seconds", scrape: "1 minute" } as const

/** The page can't be served there: the port is taken, or port or path are none. */
export class PrometheusListenError extends Data.TaggedError("PrometheusListenError")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  /** The address, and why nothing can listen there. */
  override get message(): string {
    const isInUse = this.cause instanceof Error && "code" in this.cause && this.cause.code === "EADDRINUSE"
    const why = isInUse ? "another program listens there; choose another port, or 0 for a free one" : String(this.cause)
    return `Prometheus can't be served at ${this.host}:${this.port}: ${why}`
  }
}

/** Serves the page until the scope closes; its address. */
export const listen = (
  pageFor: PageFor,
  { host, names, path, patience = defaultPatience, port }: ListenOptions
): Effect.Effect<URL, PrometheusListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime()
    const page = { pageFor, path, patience, scrapes: { running: 0 }, isOwnHost: (_: string | undefined) => false }
    const server = Http.createServer({ requestTimeout: 10_000 }, (request, response) => {
      const fiber = Runtime.runFork(runtime, answer(page, { request, response }))
      response.once("close", () => fiber.unsafeInterruptAsFork(fiber.id()))
    })
    server.maxConnections = maxConnections
    const problem = problemOf(path, port)
    if (problem !== undefined) {
      return yield* new PrometheusListenError({ host, port, cause: problem })
    }
    yield* Effect.acquireRelease(opened(server, host, port), () => closed(server))
    const address = server.address()
    const isTcp = typeof address === "object" && address !== null
    page.isOwnHost = hostCheck({ host, address: isTcp ? address.address : host, names })
    const bound = isTcp ? address.port : port
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

/** What is served, and to how many at the moment. */
interface Served {
  readonly pageFor: PageFor
  readonly path: string
  readonly patience: NonNullable<ListenOptions["patience"]>
  readonly scrapes: { running: number }
  readonly isOwnHost: (given: string | undefined) => boolean
}

const answer = (served: Served, exchange: Exchange): Effect.Effect<void> =>
  Effect.catchAllDefect(answered(served, exchange), (defect) =>
    Effect.zipRight(Effect.logWarning("The Prometheus page died", defect), broken(exchange.response))
  )

/** Half a page must not look like a whole one. */
const broken = (response: Http.ServerResponse): Effect.Effect<void> =>
  response.headersSent
    ? Effect.sync(() => response.destroy())
    : refuse(response, 500, "the page could not be made; the log says why")

const answered = (served: Served, exchange: Exchange): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { isOwnHost, path, scrapes } = served
    const { request, response } = exchange
    if (!isOwnHost(request.headers.host)) {
      return refuse(response, 403, "the Host of the request is not a name of this server")
    }
    if (pathOf(request.url ?? "/") !== path) {
      return refuse(response, 404, `there is only ${path}`)
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      return refuse(response, 405, "only GET and HEAD")
    }
    if (scrapes.running >= maxScrapes) {
      response.setHeader("retry-after", "1")
      return refuse(response, 503, `${maxScrapes} scrapes are running; try again`)
    }
    scrapes.running += 1
    return Effect.ensuring(
      scrape(served, exchange),
      Effect.sync(() => {
        scrapes.running -= 1
      })
    )
  })

/** Writes the page, and gives up on a scraper that does not read it. */
const scrape = ({ pageFor, patience }: Served, { request, response }: Exchange): Effect.Effect<void> =>
  Effect.suspend(() => {
    const page = pageFor(request.headers.accept)
    response.statusCode = 200
    response.setHeader("content-type", page.contentType)
    const body = request.method === "HEAD" ? Stream.empty : page.body
    const notStalled = Effect.timeoutOption(patience.stall)
    return Stream.runForEachWhile(body, (text) => Effect.map(notStalled(write(response, text)), Option.isSome)).pipe(
      Effect.zipRight(notStalled(end(response))),
      Effect.timeoutOption(patience.scrape),
      Effect.zipRight(Effect.sync(() => (response.writableFinished ? undefined : response.destroy())))
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

/** Waits until the system has taken the end of the page. */
const end = (response: Http.ServerResponse): Effect.Effect<void> =>
  Effect.async((resume) => {
    response.end(() => resume(Effect.void))
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
