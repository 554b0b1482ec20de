/**
 * What is counted beside the library, by others: the statements that the driver of the database is given, and the requests
 * that Node's HTTP server answers to the end. Both go out with the metrics that they are compared with.
 */
import * as Statement from "@effect/sql/Statement"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Server } from "node:http"
import type { DriverPool } from "../server/recorder.ts"

export const wireRows = {
  statements: {
    name: "job_server_statements_total",
    kind: "counter",
    unit: "{statement}",
    labels: [],
    help: "Statements that this process gave to the driver of its database, without those of transactions."
  },
  requests: {
    name: "job_server_http_requests_total",
    kind: "counter",
    unit: "{request}",
    labels: ["method", "status"],
    help: "Requests that this process answered to the end, as Node's HTTP server tells."
  }
} as const

/** What is counted: of a statement nothing, of a request its method and status. */
interface Counters {
  readonly statement: () => void
  readonly request: (labels: { readonly method: string; readonly status: string }) => void
}

/** The counts of one process, which begin with the layer of its metrics. */
export class WireCounts {
  private counters: Counters | undefined

  /** Counts the statements of whatever is given this layer, as each begins. */
  readonly statementsLayer = Statement.setTransformer((statement) =>
    Effect.sync(() => {
      this.counters?.statement()
      return statement
    })
  )

  /** Counts the statements that the connections of a pool are given, whoever gives them. */
  readonly ofPool = (pool: DriverPool): void => {
    pool.on("connect", (client) => {
      const query: unknown = Reflect.get(client, "query")
      if (typeof query !== "function") {
        return
      }
      const counted = (...given: ReadonlyArray<unknown>): unknown => {
        if (isWork(textOf(given[0]))) {
          this.counters?.statement()
        }
        return Reflect.apply(query, client, given)
      }
      Object.defineProperty(client, "query", { value: counted })
    })
  }

  /** Counts the requests that a server answers to the end, and those that ask for another protocol in vain. */
  readonly ofServer = (server: Server): void => {
    const count = (method: string, status: string): void => this.counters?.request({ method: known(method), status })
    server.on("request", ({ method = "", socket }, response) => {
      // A response whose connection broke is finished, too.
      response.once("finish", () => {
        if (socket.errored === null) {
          count(method, String(response.statusCode))
        }
      })
    })
    server.on("upgrade", ({ method = "" }, socket) => {
      const write = socket.write.bind(socket)
      const counted = (...given: Parameters<typeof write>): boolean => {
        Reflect.deleteProperty(socket, "write")
        const [, status] = /^HTTP\/1\.1 (\d+)/.exec(String(given[0])) ?? []
        if (status !== undefined) {
          count(method, status)
        }
        return write(...given)
      }
      Object.defineProperty(socket, "write", { value: counted, configurable: true })
    })
  }

  /** Exports the counts with the other metrics. */
  readonly metrics = Layer.effectDiscard(
    Effect.gen(this, function* () {
      const { requests, statements } = yield* MetricsService.define(wireRows)
      const all = yield* MetricsService.series(statements, {})
      this.counters = {
        statement: () => all.record(1),
        request: (labels) => Effect.runSync(MetricsService.inc(requests, labels))
      }
    })
  )
}

/** A method as OpenTelemetry names it. */
const known = (method: string): string => (methods.has(method) ? method : "_OTHER")

const methods = new Set("CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split(" "))

/** The text of a query, of the configuration of one, or of a cursor. */
const textOf = (query: unknown): string => {
  if (typeof query === "string") {
    return query
  }
  return typeof query === "object" && query !== null && "text" in query ? String(query.text) : ""
}

// What the client of the driver asks by itself: transactions, notifications, and whether the server is there.
const isWork = (text: string): boolean =>
  !/^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|LISTEN|UNLISTEN|NOTIFY|SELECT 1$|SELECT pg_cancel_backend)/i.test(text)
