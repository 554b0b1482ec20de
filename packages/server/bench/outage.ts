/**
 * What a hundred times as many spans and log lines as may wait leave in memory, while a collector takes requests and never
 * answers.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { type SignalOptions, Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Testing from "@parametric-portal/server/observe/testing"
import { claim, type Result } from "./harness.ts"
import { memory } from "./memory.ts"
import { queue } from "./signals/exporting.ts"
import { startCollector } from "./signals/start-collector.ts"

/** Of each, twice what its queue takes. */
const once = 2 * queue.size

const records = 50 * once

const recorded = Effect.log("page 1 of the document was read").pipe(
  Effect.annotateLogs({ jobType: "digest", queue: "documents" }),
  Effect.withSpan("jobs.process", { attributes: { "job.type": "digest", "job.priority": "high", "job.attempt": 1 } })
)

const burst = Effect.forEach(Array.from({ length: once }), () => recorded, { discard: true })

/** Measures `outage_heap_mb`, and what queues hold that have just become full. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const collector = await startCollector("hangs")
  const runtime = ManagedRuntime.make(layers(collector.url))
  await runtime.runPromise(Effect.forEach(Array.from({ length: 100 }), () => recorded, { discard: true }))
  const before = await memory()
  await runtime.runPromise(burst)
  const full = await memory()
  const started = process.cpuUsage()
  for (let from = once; from < records; from += once) {
    await runtime.runPromise(burst)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { system, user } = process.cpuUsage(started)
  const after = await memory()
  await runtime.runPromise(check)
  await runtime.dispose()
  collector.end()
  const megabytes = (bytes: number): number => bytes / 2 ** 20
  return [
    { name: "outage_heap_mb", value: megabytes(after.heapUsed - before.heapUsed), unit: "MB", samples: 1 },
    { name: "outage.full queues", value: megabytes(full.heapUsed - before.heapUsed), unit: "MB", samples: 1 },
    { name: "outage.resident", value: megabytes(after.rss - before.rss), unit: "MB", samples: 1 },
    { name: "outage.a span and a line", value: ((user + system) * 1000) / (records - once), unit: "ns", samples: 1 }
  ]
}

const layers = (collector: string) => {
  const options = (path: string): SignalOptions => ({
    exporter: "otlp",
    url: collector + path,
    timeout: "1 second",
    maxQueueSize: queue.size,
    maxBatchSize: queue.batch,
    scheduleDelay: "1 second"
  })
  return Telemetry.layer({
    serviceName: "bench",
    destinations: [],
    registries: "own",
    traces: options("/v1/traces"),
    logs: options("/v1/logs"),
    shutdownTimeout: "1 second"
  }).pipe(
    Layer.provideMerge(MetricsService.layer({ registry: "own" })),
    Layer.provideMerge(Logger.remove(Logger.defaultLogger))
  )
}

/** All that is over is counted: what may be left are a queue and a batch that is under way. */
const check = Effect.gen(function* () {
  const { telemetry } = yield* MetricsService
  const held = queue.size + queue.batch
  for (const handle of [telemetry.spansDropped, telemetry.logRecordsDropped]) {
    const dropped = Number(yield* Testing.read(handle, { reason: "queue_full" }))
    const left = 100 + records - dropped
    claim(`${handle.row.name}: at most ${held} are left of all that were recorded`, Math.max(left, held), held)
  }
})
