import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { readdirSync } from "node:fs"
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8"
import { describe } from "vitest"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { OptionsError, RuntimeMetrics, type RuntimeOptions } from "../../../src/observe/runtime.ts"
import { soundOptions } from "../../../src/observe/runtime/options.ts"
import * as Testing from "../../../src/observe/testing.ts"

const runtime = (options: RuntimeOptions = {}) =>
  RuntimeMetrics.layer(options).pipe(Layer.provideMerge(Testing.layer()))

/** The names of what has series. */
const present = Effect.map(Testing.snapshot, (snapshot) =>
  Object.keys(snapshot)
    .map((series) => series.replace(/\{.*/, ""))
    .filter((name) => !name.startsWith("telemetry_"))
)

const cpuSeconds = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1e6
}

const totalCpu = Effect.flatMap(MetricsService, ({ runtime }) => Effect.map(Testing.total(runtime.cpuTime, {}), Number))

const untyped = (options: unknown): RuntimeOptions => options as RuntimeOptions

describe("RuntimeMetrics", () => {
  it.live("says of the process what Node and the system say", () =>
    Effect.gen(function* () {
      const { runtime } = yield* MetricsService
      const read = (name: "memoryUsage" | "externalMemory" | "heapLimit" | "uptime" | "startTime") =>
        Effect.map(Testing.read(runtime[name], {}), Number)
      const { external, rss } = process.memoryUsage()
      expect(Math.abs((yield* read("memoryUsage")) / rss - 1)).toBeLessThan(0.1)
      expect(Math.abs((yield* read("externalMemory")) / external - 1)).toBeLessThan(0.1)
      expect(yield* read("heapLimit")).toBe(getHeapStatistics().heap_size_limit)
      expect(Math.abs((yield* read("uptime")) - process.uptime())).toBeLessThan(1)
      expect(Math.abs((yield* read("startTime")) + process.uptime() - Date.now() / 1000)).toBeLessThan(1)
      const before = cpuSeconds()
      const total = yield* totalCpu
      expect(total).toBeGreaterThanOrEqual(before - 1e-6)
      expect(total).toBeLessThanOrEqual(cpuSeconds() + 1e-6)
    }).pipe(Effect.provide(runtime()))
  )

  it.live("says of each heap space what V8 says", () =>
    Effect.gen(function* () {
      const { runtime } = yield* MetricsService
      const spaces = getHeapSpaceStatistics()
      const found = yield* Effect.forEach(spaces, ({ space_name: v8js_heap_space_name }) =>
        Effect.all({
          size: Testing.read(runtime.heapSize, { v8js_heap_space_name }),
          used: Testing.read(runtime.heapUsed, { v8js_heap_space_name })
        })
      )
      // Meanwhile a space may have grown, or memory may have been collected.
      const later = getHeapSpaceStatistics()
      const isNear = (value: number | undefined, before = Number.NaN, after = Number.NaN): boolean =>
        value !== undefined && value >= Math.min(before, after) * 0.9 && value <= Math.max(before, after) * 1.1
      for (const [index, { space_name, space_size, space_used_size }] of spaces.entries()) {
        const is = { space_name, size: true, used: true }
        expect({
          space_name,
          size: isNear(found[index]?.size, space_size, later[index]?.space_size),
          used: isNear(found[index]?.used, space_used_size, later[index]?.space_used_size)
        }).toEqual(space_name === "new_space" ? { ...is, used: expect.any(Boolean) } : is)
      }
      expect(yield* Testing.countSeries(runtime.heapPhysical)).toBe(spaces.length)
      expect(yield* Testing.countSeries(runtime.heapAvailable)).toBe(spaces.length)
    }).pipe(Effect.provide(runtime()))
  )

  it.runIf(process.platform === "linux")("counts file descriptors", () =>
    Effect.gen(function* () {
      const { runtime } = yield* MetricsService
      expect(yield* Testing.read(runtime.fileDescriptors, {})).toBe(readdirSync("/proc/self/fd").length - 1)
      expect(Number(yield* Testing.read(runtime.fileDescriptorLimit, {}))).toBeGreaterThan(0)
    }).pipe(Effect.provide(runtime()), Effect.runPromise)
  )

  it.live("records each garbage collection by its type", () =>
    Effect.gen(function* () {
      const { runtime } = yield* MetricsService
      const garbage = Array.from({ length: 300 }, () => Array.from({ length: 10_000 }, (_, index) => ({ index })))
      expect(garbage).toHaveLength(300)
      const collected = yield* Testing.eventually(
        Testing.read(runtime.garbageCollectionDuration, { v8js_gc_type: "minor" }),
        (value) => value !== undefined && value.count > 0
      )
      expect(collected?.sum).toBeGreaterThan(0)
    }).pipe(Effect.provide(runtime()))
  )

  it.live("leaves out every part that is off", () =>
    Effect.gen(function* () {
      expect(yield* present).toEqual([])
    }).pipe(
      Effect.provide(
        runtime({ eventLoop: false, garbageCollection: false, heap: false, process: false, fibers: false })
      )
    )
  )

  it.live("records nothing twice where it is provided twice, and goes on while one of them is open", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* Scope.make(), yield* Scope.make()]
      yield* Scope.extend(Layer.build(RuntimeMetrics.layer()), first)
      yield* Scope.extend(Layer.build(RuntimeMetrics.layer()), second)
      const before = yield* totalCpu
      expect(before).toBeLessThanOrEqual(cpuSeconds() + 1e-6)
      yield* Scope.close(first, Exit.void)
      expect(yield* present).toContain("process_memory_usage_bytes")
      expect(yield* totalCpu).toBeGreaterThanOrEqual(before)
      yield* Scope.close(second, Exit.void)
      expect(yield* present).not.toContain("process_memory_usage_bytes")
      const closed = yield* totalCpu
      expect(yield* totalCpu).toBe(closed)
      yield* Effect.scoped(
        Effect.zipRight(
          Layer.build(RuntimeMetrics.layer()),
          Effect.gen(function* () {
            const now = cpuSeconds()
            expect(yield* totalCpu).toBeGreaterThanOrEqual(now - 1e-6)
            expect(yield* totalCpu).toBeLessThanOrEqual(cpuSeconds() + 1e-6)
          })
        )
      )
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect.each<[string, unknown]>([
    ["options", null],
    ["options", "all"],
    ["eventLoop", { eventLoop: null }],
    ["eventLoop", { eventLoop: "yes" }],
    ["eventLoop", { eventLoop: [] }],
    ["eventLoop.resolution", { eventLoop: { resolution: Object.create(null) } }],
    ["fibers", { fibers: "no" }],
    ["process", { process: 0 }]
  ])("refuses %s of options that are not typed", ([option, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(soundOptions(untyped(options)))
      expect(error.option).toBe(`RuntimeMetrics.layer ${option}`)
    })
  )

  it.effect.each<[string, RuntimeOptions]>([
    ["resolution", { eventLoop: { resolution: 0 } }],
    ["resolution", { eventLoop: { resolution: "1.5 millis" } }],
    ["window", { eventLoop: { window: "10 millis" } }],
    ["window", { eventLoop: { window: Number.NaN } }]
  ])("refuses %s of %o", ([option, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(RuntimeMetrics.layer(options))))
      expect(error).toBeInstanceOf(OptionsError)
      expect(error.option).toBe(`RuntimeMetrics.layer eventLoop.${option}`)
    }).pipe(Effect.provide(Testing.layer()))
  )
})
