/** The control API of a running job server, which `npm run jobs` calls from another terminal: a route for each command. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpRouter from "@effect/platform/HttpRouter"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { callerProblem } from "@parametric-portal/dashboard/caller"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import type { JobService } from "@parametric-portal/server/infra/jobs"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Scope } from "effect/Scope"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { createServer, type Server } from "node:http"
import {
  changing,
  commandPaths,
  ControlRequestJson,
  type ControlResponse,
  ControlResponseJson
} from "./control-api-protocol.ts"
import { handle, type HandleOptions, rejected } from "./control-request.ts"
import { registerServer } from "./server-registration.ts"

export interface ControlApiOptions extends HandleOptions {
  /** The folder that the server works on. */
  readonly folder: string
  /** Started after each request that changes a job, in the background. */
  readonly afterChange: Effect.Effect<void, unknown, JobService>
  /** Whether `npm run jobs` finds this server. */
  readonly isRegistered: boolean
  /** Given the server before it has a request. */
  readonly observe: (server: Server) => void
}

/** Where it is, and what a request must carry. */
export interface ControlAddress {
  readonly port: number
  readonly token: string
}

/** Serves the control API until the scope closes, and says how to reach it; nothing where it can't be served. */
export const serveControlApi = (
  options: ControlApiOptions
): Effect.Effect<ControlAddress | undefined, never, JobService | MetricsService | Scope> =>
  Effect.gen(function* () {
    const { folder, isRegistered, observe, say } = options
    const token = randomBytes(24).toString("base64url")
    const node = createServer()
    node.maxConnections = maxConnections
    node.requestTimeout = 10_000
    const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: 0 }).pipe(
      Effect.mapError(({ cause }) => ({ message: String(cause) }))
    )
    const port = server.address._tag === "TcpAddress" ? server.address.port : 0
    observe(node)
    yield* server.serve(guarded(token, yield* routes(options)), HttpMetrics.middleware)
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    if (isRegistered) {
      yield* registerServer({ pid: process.pid, port, token, folder })
      yield* say(`Control this server (port ${port}) from another terminal: npm run jobs -- submit digest <file>`)
    }
    return { port, token }
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.as(options.say(`npm run jobs cannot reach this server: ${message}.`), undefined)
    )
  )

const guarded = <E, R>(token: string, app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest, (request) => {
    const problem = problemOf(request, token)
    if (problem !== undefined) {
      return respond(403, rejected(problem))
    }
    return Number(request.headers["content-length"]) > maxBodyLength ? respond(413, rejected(tooLong)) : app
  })

const routes = (options: ControlApiOptions) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const context = yield* Effect.context<JobService>()
    const command = Effect.flatMap(HttpServerRequest, ({ text }) => text).pipe(
      HttpIncomingMessage.withMaxBodySize(Option.some(maxBodyLength)),
      Effect.mapError(() => ({ message: "The request can't be read to its end." })),
      Effect.matchEffect({
        onFailure: ({ message }) => respond(400, rejected(message)),
        onSuccess: (text) => Effect.flatMap(responseTo(text, options), (response) => respond(200, response))
      })
    )
    // It is forked where nothing can be interrupted unless it says so.
    const after = Effect.interruptible(Effect.provide(Effect.ignore(options.afterChange), context))
    const change = Effect.tap(command, () => Effect.forkIn(after, scope))
    return Struct.entries(commandPaths)
      .reduce<HttpRouter.HttpRouter<never, JobService>>(
        (router, [tag, path]) => HttpRouter.post(router, path, changing.has(tag) ? change : command),
        HttpRouter.empty
      )
      .pipe(Effect.catchTag("RouteNotFound", () => respond(404, rejected("There is no such command."))))
  })

/** What is left of a request that was not read to its end would be taken for the next one. */
const respond = (status: number, response: ControlResponse): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.succeed(
    HttpServerResponse.text(encode(response), {
      status,
      contentType: "application/json",
      headers: { connection: "close" }
    })
  )

const problemOf = ({ headers, method }: HttpServerRequest, token: string): string | undefined => {
  const caller = callerProblem(headers)
  if (caller !== null) {
    return `The request is refused: ${caller}.`
  }
  return method === "POST" && isSame(headers["authorization"] ?? "", `Bearer ${token}`)
    ? undefined
    : "The request has no valid token. Use npm run jobs."
}

/** In a time that says nothing about where they differ. */
const isSame = (given: string, own: string): boolean => timingSafeEqual(digest(given), digest(own))

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest()

/** The cluster itself gives up after half a minute. */
const requestTimeout = "35 seconds"

const responseTo = (text: string, options: HandleOptions): Effect.Effect<ControlResponse, never, JobService> =>
  Effect.matchEffect(Schema.decode(ControlRequestJson)(text), {
    onFailure: ({ message }) => Effect.succeed(rejected(`Unknown request: ${message}`)),
    onSuccess: (request) => handle(request, options)
  }).pipe(
    Effect.timeoutFail({
      duration: requestTimeout,
      onTimeout: () => ({ message: `The command did not finish within ${requestTimeout}. Check its status later.` })
    }),
    Effect.catchAll(({ message }) => Effect.succeed(rejected(message))),
    Effect.catchAllCause((cause) =>
      Effect.succeed(rejected(`The server failed: ${Cause.pretty(cause).split("\n")[0]}`))
    )
  )

const encode = Schema.encodeSync(ControlResponseJson)

const maxConnections = 32

const maxBodyLength = 64 * 1024

const tooLong = `The request is longer than ${maxBodyLength} bytes.`
