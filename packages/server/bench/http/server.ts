/**
 * A server of a small router in a process of its own: `server.js plain`, or with the metrics of `ours` or of `otel`. Sends
 * its port, and its processor time so far and what was counted whenever it is asked.
 */
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http"
import { DataPointType, MeterProvider } from "@opentelemetry/sdk-metrics"
import { Effect, Layer } from "effect"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { Reader } from "../../test/support/sdk-reader.ts"

/** The answer to each question. */
export interface Answer {
  readonly micros: number
  readonly counted: number
}

const reader = new Reader()

const [, , variant] = process.argv

if (variant === "otel") {
  const instrumentation = new HttpInstrumentation()
  instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }))
  createRequire(import.meta.url)("node:http")
}

const router = HttpRouter.empty.pipe(
  HttpRouter.get("/", HttpServerResponse.text("hello")),
  HttpRouter.get(
    "/users/:id",
    Effect.map(HttpRouter.params, ({ id }) => HttpServerResponse.unsafeJson({ id }))
  ),
  HttpRouter.post("/users", HttpServerResponse.empty())
)

const countedByOtel = async (): Promise<number> => {
  const { resourceMetrics } = await reader.collect()
  return resourceMetrics.scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .flatMap((metric) => (metric.dataPointType === DataPointType.HISTOGRAM ? metric.dataPoints : []))
    .reduce((sum, { value }) => sum + value.count, 0)
}

const program = Effect.gen(function* () {
  yield* HttpServer.serveEffect(variant === "ours" ? HttpMetrics.router(router) : router)
  const { http } = yield* MetricsService
  const { address } = yield* HttpServer.HttpServer
  const countedByUs = Effect.map(Testing.total(http.serverRequestDuration, {}), (total) => total?.count ?? 0)
  const counted = (): Promise<number> => (variant === "otel" ? countedByOtel() : Effect.runPromise(countedByUs))
  process.on("message", () => {
    const { system, user } = process.cpuUsage()
    void counted().then((count) => process.send?.({ micros: system + user, counted: count } satisfies Answer))
  })
  process.send?.({ port: address._tag === "TcpAddress" ? address.port : 0 })
  return yield* Effect.never
})

process.once("disconnect", () => process.exit())
const live = Layer.mergeAll(
  NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }),
  Layer.orDie(MetricsService.layer({ registry: "own" }))
)
await Effect.runPromise(Effect.scoped(Effect.provide(program, live)))
