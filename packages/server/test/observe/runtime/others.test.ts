/** The same process seen by this library, by prom-client's default metrics, and by OpenTelemetry's instrumentation. */
import { expect, it } from "@effect/vitest"
import { RuntimeNodeInstrumentation } from "@opentelemetry/instrumentation-runtime-node"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { Effect, Layer } from "effect"
import { collectDefaultMetrics, Registry } from "prom-client"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { RuntimeMetrics } from "../../../src/observe/runtime.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Reader } from "../../support/sdk-reader.ts"

/** OpenTelemetry's numbers by metric and the values of its attributes; a histogram's are its counts. */
const startOtel = () => {
  const reader = new Reader()
  const provider = new MeterProvider({ readers: [reader] })
  const instrumentation = new RuntimeNodeInstrumentation({ monitoringPrecision: 10 })
  instrumentation.setMeterProvider(provider)
  const read = async (): Promise<ReadonlyMap<string, number>> => {
    const { resourceMetrics } = await reader.collect()
    return new Map(
      resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(({ dataPoints, descriptor }) =>
          dataPoints.map(({ attributes, value }) => [
            [descriptor.name, ...Object.values(attributes)].join(" "),
            typeof value === "number" ? value : value.count
          ])
        )
      )
    )
  }
  return { read, stop: () => (instrumentation.disable(), provider.shutdown()) }
}

const startPromClient = () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const read = async (): Promise<ReadonlyMap<string, number>> => {
    const metrics = await registry.getMetricsAsJSON()
    return new Map(
      metrics.flatMap(({ name, values }) =>
        (values as ReadonlyArray<{ metricName?: string; labels: Record<string, string>; value: number }>).map(
          ({ labels, metricName = name, value }) => [[metricName, ...Object.values(labels)].join(" "), value] as const
        )
      )
    )
  }
  return { read, stop: () => registry.clear() }
}

const within = (part: number, one: number | undefined, other: number | undefined): void => {
  expect(one).toBeGreaterThan(0)
  expect(Math.abs(Number(one) / Number(other) - 1)).toBeLessThanOrEqual(part)
}

it.scopedLive("agrees with prom-client and OpenTelemetry where they measure the same", () =>
  Effect.gen(function* () {
    const { runtime } = yield* MetricsService
    const [otel, prom] = [startOtel(), startPromClient()]
    yield* Effect.addFinalizer(() => Effect.promise(() => otel.stop()))
    yield* Effect.addFinalizer(() => Effect.sync(() => prom.stop()))
    const garbage = Array.from({ length: 300 }, () => Array.from({ length: 10_000 }, (_, index) => ({ index })))
    expect(garbage).toHaveLength(300)
    // From its first tick on a monitor sees what holds up the loop.
    yield* Effect.sleep(100)
    const end = performance.now() + 300
    while (performance.now() < end) {}
    yield* Effect.sleep(200)

    const counted = yield* Testing.read(runtime.garbageCollectionDuration, { v8js_gc_type: "minor" })
    const [theirs, defaults] = [yield* Effect.promise(otel.read), yield* Effect.promise(prom.read)]
    const later = yield* Testing.read(runtime.garbageCollectionDuration, { v8js_gc_type: "minor" })
    const range = [Number(counted?.count), Number(later?.count)] as const
    const collections = theirs.get("v8js.gc.duration minor")
    expect(collections).toBeGreaterThanOrEqual(range[0])
    expect(collections).toBeLessThanOrEqual(range[1])
    // prom-client observes the first of the collections that Node reports at once, and leaves out the others.
    expect(defaults.get("nodejs_gc_duration_seconds_count minor")).toBeLessThan(range[0])

    const ours = (state: "active" | "idle") => Testing.read(runtime.eventLoopTime, { nodejs_eventloop_state: state })
    within(0.05, yield* ours("active"), theirs.get("nodejs.eventloop.time active"))
    within(0.05, yield* ours("idle"), theirs.get("nodejs.eventloop.time idle"))

    const old = { v8js_heap_space_name: "old_space" }
    within(0.2, yield* Testing.read(runtime.heapUsed, old), theirs.get("v8js.memory.heap.used old_space"))
    within(0.2, yield* Testing.read(runtime.heapSize, old), defaults.get("nodejs_heap_space_size_total_bytes old"))
    within(0.2, yield* Testing.read(runtime.memoryUsage, {}), defaults.get("process_resident_memory_bytes"))
    within(0.2, yield* Testing.read(runtime.externalMemory, {}), defaults.get("nodejs_external_memory_bytes"))
    within(1e-6, yield* Testing.read(runtime.startTime, {}), defaults.get("process_start_time_seconds"))
    if (process.platform === "linux") {
      expect(yield* Testing.read(runtime.fileDescriptors, {})).toBe(defaults.get("process_open_fds"))
      expect(yield* Testing.read(runtime.fileDescriptorLimit, {})).toBe(defaults.get("process_max_fds"))
    }

    // The others' delay is the time between two ticks, and so has their resolution in it.
    const max = Number(yield* Testing.read(runtime.eventLoopDelayMax, {}))
    expect(max).toBeGreaterThan(0.28)
    expect(Math.abs(Number(theirs.get("nodejs.eventloop.delay.max")) - 0.01 - max)).toBeLessThan(0.03)
    expect(Math.abs(Number(defaults.get("nodejs_eventloop_lag_max_seconds")) - 0.01 - max)).toBeLessThan(0.03)
  }).pipe(
    Effect.provide(
      RuntimeMetrics.layer({ eventLoop: { resolution: "10 millis" } }).pipe(Layer.provideMerge(Testing.layer()))
    )
  )
)
