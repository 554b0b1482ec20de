/** What is left in memory of spans and log lines while a collector takes requests and never answers: what may wait. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type SignalOptions, Telemetry } from "../../../src/observe/telemetry.ts"
import * as Testing from "../../../src/observe/testing.ts"

const heapUsed = Effect.sync(() => {
  setFlagsFromString("--expose_gc")
  runInNewContext("gc")()
  return process.memoryUsage().heapUsed
})

interface Hanging {
  readonly server: Server
  /** The most connections that were open at one time. */
  readonly most: () => number
}

const hanging = Effect.acquireRelease(
  Effect.async<Hanging>((resume) => {
    let open = 0
    let most = 0
    const server = createServer((request) => request.resume())
    server.on("connection", (socket) => {
      most = Math.max(most, (open += 1))
      socket.on("error", () => {})
      socket.on("close", () => (open -= 1))
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, most: () => most })))
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

const maxQueueSize = 50
const maxBatchSize = 10

const telemetryTo = ({ server }: Hanging) => {
  const { port } = server.address() as AddressInfo
  const signal = (name: string): SignalOptions => ({
    exporter: "otlp",
    url: `http://127.0.0.1:${port}/v1/${name}`,
    maxQueueSize,
    maxBatchSize,
    scheduleDelay: "20 millis",
    timeout: "20 millis"
  })
  return Telemetry.layer({
    destinations: [],
    traces: signal("traces"),
    logs: signal("logs"),
    shutdownTimeout: "200 millis"
  }).pipe(
    Layer.provideMerge(MetricsService.layer({ registry: "own" })),
    Layer.provideMerge(Logger.remove(Logger.defaultLogger))
  )
}

/** Ten kilobytes that nobody else has. */
const page = (index: number): string => `${index} ${Buffer.alloc(10_000, "x").toString()}`

const recorded = (index: number): Effect.Effect<void> =>
  Effect.log(page(index)).pipe(Effect.withSpan("read", { attributes: { page: page(index) } }))

const records = 4_000

it.scopedLive("spans and log lines that a collector never takes leave no more than the queues hold", () =>
  Effect.gen(function* () {
    const collector = yield* hanging
    yield* Effect.gen(function* () {
      yield* recorded(-1)
      const before = yield* heapUsed
      for (let index = 0; index < records; index++) {
        yield* recorded(index)
        if (index % 100 === 0) {
          yield* Effect.sleep("5 millis")
        }
      }
      expect(((yield* heapUsed) - before) / 1e6).toBeLessThan(10)
      const { telemetry } = yield* MetricsService
      for (const handle of [telemetry.spansDropped, telemetry.logRecordsDropped]) {
        const dropped = Number(yield* Testing.read(handle, { reason: "queue_full" }))
        expect(records + 1 - dropped).toBeGreaterThan(0)
        expect(records + 1 - dropped).toBeLessThanOrEqual(maxQueueSize + maxBatchSize)
      }
      // One for each signal, and the one before it that is being closed.
      expect(collector.most()).toBeLessThanOrEqual(4)
    }).pipe(Effect.provide(telemetryTo(collector)))
  })
)
