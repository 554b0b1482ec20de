/** Finds the running job server and sends it a request. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  changing,
  commandPaths,
  type ControlRequest,
  ControlRequestJson,
  type ControlResponse,
  ControlResponseJson
} from "./control-api-protocol.ts"
import { runningServers, type ServerRegistration } from "./server-registration.ts"

/** No server was found, or it did not answer; `message` is one line that says what to do. */
export class NoServer extends Data.TaggedError("NoServer")<{ readonly message: string }> {}

/** The server at the port, or the only one if no port is given. */
export const findServer = (port: number | undefined): Effect.Effect<ServerRegistration, NoServer> =>
  Effect.flatMap(runningServers, (servers) => {
    const [first, second] = port === undefined ? servers : servers.filter((server) => server.port === port)
    if (first === undefined) {
      return new NoServer({ message: notRunning(servers, port) })
    }
    return second === undefined
      ? Effect.succeed(first)
      : new NoServer({
          message: `${servers.length} job servers are running: ${list(servers)}. Choose one with --port ${first.port}.`
        })
  })

const notRunning = (servers: ReadonlyArray<ServerRegistration>, port: number | undefined): string => {
  const where = port === undefined ? "" : ` on port ${port}`
  return servers.length === 0
    ? `No job server is running${where}. Start one with \`npm run demo\`.`
    : `No job server is running${where}. Running: ${list(servers)}. Use one of these ports.`
}

const list = (servers: ReadonlyArray<ServerRegistration>) =>
  servers.map(({ folder, pid, port }) => `port ${port} (process ${pid}, ${folder})`).join(", ")

/** Longer than the server takes for any request. */
const responseTimeout = "45 seconds"

/** Sends a request and returns the response. */
export const call = (
  { pid, port, token }: ServerRegistration,
  request: ControlRequest
): Effect.Effect<ControlResponse, NoServer> => {
  const server = `The job server on port ${port} (process ${pid})`
  return Effect.gen(function* () {
    const body = yield* Schema.encode(ControlRequestJson)(request)
    const text = yield* Effect.tryPromise({
      try: (signal) =>
        fetch(`http://127.0.0.1:${port}${commandPaths[request._tag]}`, {
          method: "POST",
          body,
          signal,
          headers: { authorization: `Bearer ${token}`, connection: "close", "content-type": "application/json" }
        }).then((response) => response.text()),
      catch: (error) => connectionLost(server, request, error)
    })
    return yield* Schema.decode(ControlResponseJson)(text)
  }).pipe(
    Effect.catchTag(
      "ParseError",
      () => new NoServer({ message: `${server} is of another version. Restart it with \`npm run demo\`.` })
    ),
    Effect.timeoutFail({
      duration: responseTimeout,
      onTimeout: () =>
        new NoServer({
          message: `${server} did not answer within ${responseTimeout}. If it is stuck, restart it with \`npm run demo\`.`
        })
    })
  )
}

const connectionLost = (server: string, { _tag }: ControlRequest, error: unknown): NoServer => {
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(error)
  const mayBeDone = code !== "ECONNREFUSED" && changing.has(_tag)
  return new NoServer({
    message:
      `${server} stopped answering (${code}). Restart it with \`npm run demo\`.` +
      (mayBeDone ? " The command may have been carried out." : "")
  })
}
