/** A real server on a free port with its metrics in a registry of their own, and a client that writes raw bytes. */
import { type HttpApp, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Data, Effect, Layer, Logger, type Scope } from "effect"
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"
import * as Testing from "../../../src/observe/testing.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"

/** A server on a port of its own, without logs. */
export const server = NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })

/** What a test of a server has in its context. */
export const layer = Layer.mergeAll(server, Testing.layer(), Logger.remove(Logger.defaultLogger))

export const portOf = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "TcpAddress" ? address.port : 0
)

/** Serves until the scope closes; the port. */
export const serve = <E, R>(app: HttpApp.Default<E, R>) => Effect.zipRight(HttpServer.serveEffect(app), portOf)

class Closed extends Data.TaggedError("Closed")<{ readonly cause: unknown }> {}

/** Opens a connection to a port of this machine. */
export type Open = (port: number) => Socket

const open: Open = (port) => connect(port, "127.0.0.1")

/** All that a server answers on one connection to these bytes, until it closes the connection. */
export const exchange = (port: number, bytes: string, opened: Open = open): Effect.Effect<string, Closed> =>
  Effect.async((resume) => {
    let received = ""
    const socket = opened(port)
    socket.write(bytes)
    socket.setEncoding("latin1")
    socket.on("data", (data) => {
      received += String(data)
    })
    socket.on("error", (cause) => resume(Effect.fail(new Closed({ cause }))))
    socket.on("close", () => resume(Effect.succeed(received)))
    return Effect.sync(() => socket.destroy())
  })

/** A connection on which these bytes were written, closed with the scope. */
export const connected = (
  port: number,
  bytes: string,
  opened: Open = open
): Effect.Effect<Socket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Socket>((resume) => {
      const socket = opened(port)
      socket.write(bytes, () => resume(Effect.succeed(socket)))
      socket.on("error", () => undefined)
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** A request as bytes; the connection is closed after it. */
export const request = (line: string, ...headers: ReadonlyArray<string>): string =>
  [`${line} HTTP/1.1`, "Host: x", "Connection: close", ...headers, "", ""].join("\r\n")

/** The series of a histogram or counter, without those at 0: labels to a number. */
const nonZero = (name: string, read: (value: Testing.HistogramValue) => number) =>
  Effect.map(Testing.snapshot, (snapshot) =>
    Object.entries(snapshot)
      .filter(([text]) => text === name || text.startsWith(`${name}{`))
      .map(
        ([text, value]) => [shortOf(text.slice(name.length)), typeof value === "number" ? value : read(value)] as const
      )
      .filter(([, value]) => value !== 0)
  )

// `GET /users/:id 200`, with the error type last.
const shortOf = (labels: string): string => {
  const values = new Map(Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, name = "", value]) => [name, value]))
  if (values.get("url_scheme") === "http") {
    values.delete("url_scheme")
  }
  return [
    "http_request_method",
    "url_scheme",
    "http_route",
    "server_address",
    "http_response_status_code",
    "error_type"
  ]
    .flatMap((name) => values.get(name) ?? [])
    .join(" ")
}

/** How many requests there were of each kind. */
export const counts = (name: string) =>
  Effect.map(
    nonZero(name, ({ count }) => count),
    Object.fromEntries
  )

/** What they sum up to. */
export const sums = (name: string) =>
  Effect.map(
    nonZero(name, ({ sum }) => sum),
    Object.fromEntries
  )

/** The counts of requests, once so many have ended and none is under way. */
export const ended = (total: number) =>
  Effect.gen(function* () {
    const { http } = yield* MetricsService
    const [found] = yield* Testing.eventually(
      Effect.all([counts(http.serverRequestDuration.row.name), counts(http.serverActiveRequests.row.name)]),
      ([requests, active]) => sum(requests) === total && sum(active) === 0
    )
    return found
  })

const sum = (found: Readonly<Record<string, number>>): number =>
  Object.values(found).reduce((left, right) => left + right, 0)
