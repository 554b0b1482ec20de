/** The page of the demo on one address: the metrics that arrive at the receiver, and the jobs of the server. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import { JobsPage } from "@parametric-portal/server/infra/jobs-page"
import type { JobService } from "@parametric-portal/server/infra/jobs"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { createServer, type Server } from "node:http"
import { liveOf } from "./live.ts"
import { makePageToken } from "./token.ts"

export interface PageOptions {
  /** Given the server before it has a request. */
  readonly observe: (server: Server) => void
  /** Where metrics are sent to. */
  readonly receiverUrl: string
  /** Called with how many pages are open, when that changes. */
  readonly watching: (pages: number) => void
  /** Called before and after each request that may change jobs. */
  readonly changed: () => void
  /** Started after each such request, in the background. */
  readonly afterChange: Effect.Effect<unknown, unknown, JobService>
}

/** Serves the page until the scope closes; its address, with a token. */
export const servePage = (
  options: PageOptions
): Effect.Effect<string, { readonly message: string }, JobService | MetricsService | Scope> =>
  Effect.gen(function* () {
    const node = createServer()
    node.maxConnections = maxConnections
    const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: 0 }).pipe(
      Effect.mapError(({ cause }) => ({ message: String(cause) }))
    )
    const port = server.address._tag === "TcpAddress" ? server.address.port : 0
    const { address, entry, levelOf } = makePageToken(port)
    const page = yield* JobsPage.make({
      access: (request) => Effect.succeed({ level: levelOf(request), who: "demo" }),
      formatPayload: (_, json) => JSON.stringify(JSON.parse(json), undefined, 2),
      metrics: liveOf(options.receiverUrl, options.watching)
    })
    const around = yield* aroundChanges(options)
    options.observe(node)
    yield* server
      .serve(
        Effect.flatMap(HttpServerRequest, (request) => {
          const redirect = entry(request)
          const answer = redirect === undefined ? around(request, page) : Effect.succeed(redirect)
          return isRead(request) ? Effect.withTracerEnabled(answer, false) : answer
        }),
        HttpMetrics.middleware
      )
      .pipe(HttpMiddleware.withTracerDisabledWhenEffect(isRead))
    // Streams have no end of their own.
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    return address
  })

/** It leaves no spans: a page that is open asks all the time, and would fill the list of traces that it shows. */
const isRead = ({ method }: HttpServerRequest): boolean => method === "GET"

/** Says before and after each request that may change jobs that it is so. */
const aroundChanges = ({ afterChange, changed }: PageOptions) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const context = yield* Effect.context<JobService>()
    // It is forked by a finalizer, where nothing can be interrupted unless it says so.
    const after = Effect.forkIn(Effect.interruptible(Effect.provide(Effect.ignore(afterChange), context)), scope)
    return <E, R>({ method }: HttpServerRequest, page: HttpApp.Default<E, R>): HttpApp.Default<E, R> => {
      if (method !== "POST") {
        return page
      }
      const say = Effect.sync(changed)
      return Effect.ensuring(Effect.zipRight(say, page), Effect.zipRight(say, after))
    }
  })

const maxConnections = 128
