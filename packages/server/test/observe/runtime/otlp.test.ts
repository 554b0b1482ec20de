import { expect, it } from "@effect/vitest"
import { Effect, Layer, Logger, MetricKey, MetricRegistry } from "effect"
import { catalogue, otlpName } from "../../../src/observe/catalogue.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { RuntimeMetrics } from "../../../src/observe/runtime.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { Collector } from "../../../src/observe/testing/collector.ts"
import * as Testing from "../../../src/observe/testing.ts"

it.live("is in the last export of a program that ends before another one", () =>
  Effect.gen(function* () {
    const collector = yield* Collector
    yield* Effect.provide(
      Effect.sleep(100),
      RuntimeMetrics.layer({ eventLoop: { resolution: "10 millis" } }).pipe(
        Layer.provideMerge(Telemetry.layer({ destinations: [{ type: "otlp" }], interval: "1 hour" })),
        Layer.provideMerge(MetricsService.layer({ registry: "own" })),
        Layer.merge(Logger.remove(Logger.defaultLogger))
      )
    )
    const names = new Set((yield* collector.metrics).map(({ name }) => name))
    const expected = Object.values(catalogue.runtime)
      .map((row) => otlpName(row))
      .filter((name) => name !== "v8js.gc.duration")
    expect(expected.filter((name) => !names.has(name))).toEqual([])
  }).pipe(Effect.provide(Collector.layer))
)

it.live("has nothing twice and nothing frozen where the layer is built again", () =>
  Effect.gen(function* () {
    const { runtime: handles } = yield* MetricsService
    yield* Effect.scoped(Layer.build(RuntimeMetrics.layer()))
    expect(yield* Testing.read(handles.uptime, {})).toBeUndefined()
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* Layer.build(RuntimeMetrics.layer())
        const before = Number(yield* Testing.read(handles.uptime, {}))
        yield* Effect.sleep(20)
        expect(Number(yield* Testing.read(handles.uptime, {}))).toBeGreaterThan(before)
      })
    )
    expect(yield* Testing.read(handles.uptime, {})).toBeUndefined()
  }).pipe(Effect.provide(Testing.layer()))
)

it.live("is exported with the names and kinds of the conventions, and counters from when the process began", () =>
  Effect.gen(function* () {
    const collector = yield* Collector
    yield* Telemetry.flush.pipe(
      Effect.provide(
        RuntimeMetrics.layer().pipe(
          Layer.provideMerge(Telemetry.layer({ destinations: [{ type: "otlp", temporality: "delta" }] })),
          Layer.provideMerge(Testing.layer()),
          Layer.merge(Logger.remove(Logger.defaultLogger))
        )
      )
    )
    const sum = { type: "sum", scope: "@parametric-portal/server" }
    const upDown = { ...sum, isMonotonic: false, temporality: "cumulative" }
    expect(yield* collector.latest("process.memory.usage")).toMatchObject({ ...upDown, unit: "By", attributes: {} })
    const space = { "v8js.heap.space.name": "old_space" }
    expect(yield* collector.latest("v8js.memory.heap.used", space)).toMatchObject({ ...upDown, attributes: space })
    const cpu = yield* collector.latest("process.cpu.time", { "cpu.mode": "user" })
    expect(cpu).toMatchObject({ ...sum, isMonotonic: true, temporality: "delta", unit: "s" })
    const [first] = (yield* collector.metrics).filter(({ name }) => name === "process.cpu.time")
    expect(Number(first?.startTimeUnixNano) / 1e6).toBeCloseTo(performance.timeOrigin, -1)
    const fibers = (yield* collector.metrics).filter(({ name }) => name.startsWith("effect_fiber"))
    expect(Array.from(new Set(fibers.map(({ name, unit }) => `${name} ${unit}`))).toSorted()).toEqual([
      "effect_fiber_lifetime_seconds s",
      "effect_fibers_active {fiber}",
      "effect_fibers_failed_total {fiber}",
      "effect_fibers_started_total {fiber}",
      "effect_fibers_succeeded_total {fiber}"
    ])
  }).pipe(Effect.provide(Collector.layer))
)

it.live("has its names to itself, whatever unit another metric of one of them has", () =>
  Effect.gen(function* () {
    const collector = yield* Collector
    const registry = MetricRegistry.make()
    const gauge = (name: string, value: number) => registry.getGauge(MetricKey.gauge(name)).update(value)
    gauge("process.uptime", -1)
    gauge("process.memory.usage", -1)
    gauge("process.memory.use", -1)
    yield* Telemetry.flush.pipe(
      Effect.provide(
        RuntimeMetrics.layer().pipe(
          Layer.provideMerge(Telemetry.layer({ destinations: [{ type: "otlp" }], registries: "own" })),
          Layer.provideMerge(MetricsService.layer({ registry })),
          Layer.merge(Logger.remove(Logger.defaultLogger))
        )
      )
    )
    const others = (yield* collector.metrics).filter(({ value }) => value === -1)
    expect(Array.from(new Set(others.map(({ name }) => name)))).toEqual(["process.memory.use"])
  }).pipe(Effect.provide(Collector.layer))
)
