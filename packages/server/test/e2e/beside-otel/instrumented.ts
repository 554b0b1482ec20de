/**
 * OpenTelemetry's instrumentation of HTTP in the process that imports this, what it has counted, and a server, over TLS
 * where the variables `TLS_CERT` and `TLS_KEY` name the files of its certificate and key.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http"
import { DataPointType, MeterProvider } from "@opentelemetry/sdk-metrics"
import { Effect, Layer, Logger } from "effect"
import { readFileSync } from "node:fs"
import { createRequire, syncBuiltinESMExports } from "node:module"
import * as Http from "node:http"
import * as Https from "node:https"
import { connect } from "node:net"
import * as Tls from "node:tls"
import * as Testing from "../../../src/observe/testing.ts"
import { Reader } from "../../support/sdk-reader.ts"

const reader = new Reader()
const instrumentation = new HttpInstrumentation()
instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }))
// It patches the modules as somebody requires them, which those who have imported them see after this.
const require = createRequire(import.meta.url)
require("node:http")
require("node:https")
syncBuiltinESMExports()

/** What it has counted and timed by this metric, by method and status. */
export const theirs = (name: string) =>
  Effect.promise(async () => {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    const points = metrics.flatMap((metric) =>
      metric.descriptor.name === name && metric.dataPointType === DataPointType.HISTOGRAM ? metric.dataPoints : []
    )
    return points.map(({ attributes, value: { count, sum = 0 } }) => ({
      method: String(attributes["http.request.method"]),
      status: String(attributes["http.response.status_code"] ?? attributes["error.type"]),
      count,
      sum
    }))
  })

const { TLS_CERT, TLS_KEY } = process.env
const tls =
  TLS_CERT === undefined || TLS_KEY === undefined
    ? undefined
    : { cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) }

/** A server, and the metrics of this library. */
export const layer = Layer.mergeAll(
  NodeHttpServer.layer(() => (tls === undefined ? Http.createServer() : Https.createServer(tls)), {
    port: 0,
    host: "127.0.0.1"
  }),
  Testing.layer(),
  Logger.remove(Logger.defaultLogger)
)

/** Where a server at a port is. */
export const originOf = (port: number): string => `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`

/** A connection to it. */
export const open = (port: number) =>
  tls === undefined ? connect(port, "127.0.0.1") : Tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false })
