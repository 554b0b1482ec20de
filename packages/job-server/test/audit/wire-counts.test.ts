import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { EventEmitter } from "node:events"
import { createServer, type Server } from "node:http"
import { connect } from "node:net"
import { compareWire } from "../../src/audit/compare-wire.ts"
import { WireCounts } from "../../src/audit/wire-counts.ts"

/** What is compared of a process that has done this. */
const comparedAfter = <E>(does: (wire: WireCounts) => Effect.Effect<unknown, E, MetricsService>) =>
  Effect.gen(function* () {
    const { series, url } = yield* Receiver
    const wire = new WireCounts()
    const telemetry = Telemetry.layer({ destinations: [{ type: "otlp", url }], registries: "own" })
    const layer = Layer.provideMerge(Layer.merge(wire.metrics, telemetry), MetricsService.layer({ registry: "own" }))
    yield* Effect.provide(Effect.zipRight(does(wire), Telemetry.flush), layer)
    return compareWire(yield* series)
  }).pipe(Effect.provide(Receiver.layer()))

const operation = (error?: string) =>
  Effect.flatMap(MetricsService, ({ db }) =>
    Metric.update(
      error === undefined ? db.clientOperationDuration : Metric.tagged(db.clientOperationDuration, "error_type", error),
      Duration.millis(1)
    )
  )

const request = (status: number, error?: string) =>
  Effect.flatMap(MetricsService, ({ http }) =>
    Metric.update(http.serverRequestDuration, Duration.millis(1)).pipe(
      Effect.tagMetrics({
        http_request_method: "GET",
        http_response_status_code: String(status),
        ...(error === undefined ? {} : { error_type: error })
      })
    )
  )

/** A pool with one connection. */
const query = (wire: WireCounts, texts: ReadonlyArray<unknown>) => {
  const pool = new EventEmitter()
  wire.ofPool({ on: (event, connected) => pool.on(event, connected) })
  const seen: Array<unknown> = []
  const client = { query: (text: unknown) => seen.push(text) }
  pool.emit("connect", client)
  texts.forEach((text) => client.query(text))
  return seen
}

describe("statements", () => {
  it.effect("agree where the driver had as many, without those of transactions", () =>
    Effect.gen(function* () {
      const texts = ["BEGIN", "SELECT 2", { text: "INSERT INTO a VALUES (1)" }, "COMMIT", "LISTEN x", "SELECT 1"]
      const compared = yield* comparedAfter((wire) =>
        Effect.zipRight(
          Effect.sync(() => expect(query(wire, texts)).toEqual(texts)),
          Effect.repeatN(operation(), 1)
        )
      )
      expect(compared).toContainEqual({
        name: "db_client_operation_duration_seconds",
        labels: {},
        received: 2,
        expected: 2,
        agreed: true
      })
    })
  )

  it.effect("do not agree where the driver had more or fewer", () =>
    Effect.gen(function* () {
      const more = yield* comparedAfter((wire) =>
        Effect.zipRight(
          Effect.sync(() => query(wire, ["SELECT 2", "SELECT 3"])),
          operation()
        )
      )
      expect(more.filter(({ agreed }) => !agreed)).toMatchObject([{ problem: "1 too few" }])
      const fewer = yield* comparedAfter(() => operation())
      expect(fewer.filter(({ agreed }) => !agreed)).toMatchObject([{ problem: "1 too many" }])
    })
  )

  it.effect("agree where one was interrupted before or after the driver had it", () =>
    Effect.gen(function* () {
      for (const texts of [["SELECT 2"], ["SELECT 2", "SELECT 3"]]) {
        const compared = yield* comparedAfter((wire) =>
          Effect.all([Effect.sync(() => query(wire, texts)), operation(), operation("interrupted")])
        )
        expect(compared.every(({ agreed }) => agreed)).toBe(true)
      }
    })
  )

  it.effect("of a database without a pool are counted as @effect/sql passes them on", () =>
    Effect.gen(function* () {
      const compared = yield* comparedAfter((wire) =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 2`).pipe(
          Effect.zipRight(operation()),
          Effect.provide(Layer.merge(SqliteClient.layer({ filename: ":memory:" }), wire.statementsLayer))
        )
      )
      expect(compared.every(({ agreed }) => agreed)).toBe(true)
      expect(compared).toContainEqual(expect.objectContaining({ received: 1, expected: 1 }))
    })
  )
})

describe("requests", () => {
  it.scopedLive("agree by method and status, without those that were given up", () =>
    Effect.gen(function* () {
      const compared = yield* comparedAfter((wire) =>
        Effect.gen(function* () {
          const server = createServer((_, response) => response.writeHead(204).end())
          wire.ofServer(server)
          yield* Effect.async<void>((resume) => {
            server.listen(0, "127.0.0.1", () => resume(Effect.void))
          })
          const address = server.address()
          const port = typeof address === "object" ? address?.port : undefined
          yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } }))
          yield* Effect.async<void>((resume) => {
            server.close(() => resume(Effect.void))
          })
          yield* Effect.all([request(204), request(200, "client_abort")])
        })
      )
      expect(compared).toContainEqual({
        name: "http_server_request_duration_seconds",
        labels: { method: "GET", status: "204" },
        received: 1,
        expected: 1,
        agreed: true
      })
      expect(compared.every(({ agreed }) => agreed)).toBe(true)
    })
  )

  it.scopedLive("agree with the library about whatever a stranger sends", () =>
    Effect.gen(function* () {
      const compared = yield* comparedAfter((wire) =>
        Effect.scoped(
          Effect.gen(function* () {
            const node = createServer()
            const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: 0 })
            wire.ofServer(node)
            yield* server.serve(
              Effect.map(HttpServerRequest, ({ method }) =>
                HttpServerResponse.uint8Array(new Uint8Array(method === "PUT" ? 20_000_000 : 3), {
                  status: 403,
                  headers: { connection: "close" }
                })
              ),
              HttpMetrics.middleware
            )
            const port = server.address._tag === "TcpAddress" ? server.address.port : 0
            yield* Effect.forEach(
              ["GET / HTTP/1.1", "PROPFIND / HTTP/1.1", "FOO / HTTP/1.1", "OPTIONS * HTTP/1.1", "HEAD / HTTP/1.0"],
              (line) => exchange(port, `${line}\r\nHost: x\r\n\r\n`)
            )
            yield* exchange(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            yield* Effect.timeoutOption(exchange(port, "PUT / HTTP/1.1\r\nHost: x\r\n\r\n", "paused"), "200 millis")
            yield* Effect.repeat(openConnections(node), { until: (open) => open === 0, schedule: Schedule.spaced(10) })
          })
        )
      )
      expect(compared.filter(({ agreed }) => !agreed)).toEqual([])
      const requests = compared.filter(({ name }) => name === "http_server_request_duration_seconds")
      expect(
        Object.fromEntries(requests.map(({ labels, received }) => [Object.values(labels).join(" "), received]))
      ).toEqual({ "GET 403": 2, "_OTHER 403": 1, "OPTIONS 403": 1, "HEAD 403": 1 })
    })
  )
})

const openConnections = (server: Server) =>
  Effect.async<number>((resume) => {
    server.getConnections((_, open) => resume(Effect.succeed(open)))
  })

/** Writes these bytes on a connection of their own, until the server closes it. */
const exchange = (port: number, bytes: string, reads: "all" | "paused" = "all") =>
  Effect.async<void>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.void))
    if (reads === "all") {
      socket.resume()
    }
    return Effect.sync(() => socket.destroy())
  })
