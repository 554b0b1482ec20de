/** The control API of a running job server, which `npm run jobs` calls from another terminal. */
import { callerProblem } from "@parametric-portal/dashboard/caller"
import type { JobService } from "@parametric-portal/server/infra/jobs"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { ControlRequestJson, type ControlResponse, ControlResponseJson } from "./control-api-protocol.ts"
import { handle, type HandleOptions, rejected } from "./control-request.ts"
import { registerServer } from "./server-registration.ts"

export interface ControlApiOptions extends HandleOptions {
  /** The folder that the server works on. */
  readonly folder: string
  /** Started after each request, in the background. */
  readonly afterRequest: Effect.Effect<void, unknown, JobService>
}

/** Serves the control API until the scope closes, and says how to reach it. */
export const serveControlApi = (options: ControlApiOptions): Effect.Effect<void, never, JobService | Scope> =>
  Effect.gen(function* () {
    const { afterRequest, folder, say } = options
    const run = Runtime.runPromise(yield* Effect.runtime<JobService>())
    const token = randomBytes(24).toString("base64url")
    const after = Effect.forkIn(Effect.ignore(afterRequest), yield* Effect.scope)
    const respond = (text: string) =>
      run(Effect.flatMap(responseTo(text, options), (response) => Effect.as(after, response)))
    const port = yield* listen((request) => {
      const problem = problemOf(request, token)
      return problem === undefined
        ? bodyOf(request)
            .then(respond)
            .then((text) => ({ status: 200, text }))
        : Promise.resolve({ status: 403, text: encode(rejected(problem)) })
    })
    yield* registerServer({ pid: process.pid, port, token, folder })
    yield* say(`Control this server (port ${port}) from another terminal: npm run jobs -- submit digest <file>`)
  }).pipe(Effect.catchAll(({ message }) => options.say(`npm run jobs cannot reach this server: ${message}.`)))

const problemOf = ({ headers, method }: IncomingMessage, token: string): string | undefined => {
  const caller = callerProblem(headers)
  if (caller !== null) {
    return `The request is refused: ${caller}.`
  }
  return method === "POST" && isSame(headers.authorization ?? "", `Bearer ${token}`)
    ? undefined
    : "The request has no valid token. Use npm run jobs."
}

/** In a time that says nothing about where they differ. */
const isSame = (given: string, own: string): boolean => timingSafeEqual(digest(given), digest(own))

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest()

/** The cluster itself gives up after half a minute. */
const requestTimeout = "35 seconds"

const responseTo = (text: string, options: HandleOptions): Effect.Effect<string, never, JobService> =>
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
    ),
    Effect.map(encode)
  )

const encode = (response: ControlResponse): string => encodeResponse(response)
const encodeResponse = Schema.encodeSync(ControlResponseJson)

interface Answer {
  readonly status: number
  readonly text: string
}

/** Listens on a free port of the loopback interface; open connections are closed with the scope. */
const listen = (respond: (request: IncomingMessage) => Promise<Answer>) =>
  Effect.acquireRelease(
    Effect.async<Server, { readonly message: string }>((resume) => {
      const server = createServer((request, response) => {
        respond(request).then(
          // What is left of a request that was not read to its end would be taken for the next one.
          ({ status, text }) =>
            response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(text),
          () => response.destroy()
        )
      })
      server.maxConnections = maxConnections
      server.requestTimeout = 10_000
      server.once("error", (error) => resume(Effect.fail({ message: error.message })))
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return typeof address === "object" && address !== null ? address.port : 0
    })
  )

const maxConnections = 32

const maxBodyLength = 64 * 1024

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk
    if (text.length > maxBodyLength) {
      break
    }
  }
  return text
}
