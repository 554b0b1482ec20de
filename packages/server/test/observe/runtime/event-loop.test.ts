import { it, expect } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { RuntimeMetrics, type RuntimeOptions } from "../../../src/observe/runtime.ts"
import * as Testing from "../../../src/observe/testing.ts"

const loop = { eventLoop: { resolution: "10 millis", window: "1 second" } } as const

const block = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end) {}
}

const read = (part: "eventLoopDelayMax" | "eventLoopDelayP50" | "eventLoopDelayMean" | "eventLoopUtilization") =>
  Effect.flatMap(MetricsService, ({ runtime }) => Effect.map(Testing.read(runtime[part], {}), Number))

const runtime = (options: RuntimeOptions = loop) =>
  RuntimeMetrics.layer(options).pipe(Layer.provideMerge(Testing.layer()))

describe("the delay of the event loop", () => {
  it.live("is that of a blocked loop, without the monitor's resolution", () =>
    Effect.gen(function* () {
      yield* Effect.sleep(100)
      yield* Effect.sync(() => block(300))
      yield* Effect.sleep(50)
      const max = yield* read("eventLoopDelayMax")
      expect(max).toBeGreaterThan(0.28)
      expect(yield* read("eventLoopDelayP50")).toBeLessThan(max)
    }).pipe(Effect.provide(runtime()))
  )

  it.live("is the same for two destinations that collect one after the other", () =>
    Effect.gen(function* () {
      yield* Effect.sleep(50)
      yield* Effect.sync(() => block(300))
      yield* Effect.sleep(800)
      const first = yield* read("eventLoopDelayMax")
      yield* Effect.sleep(100)
      expect(first).toBeGreaterThan(0.28)
      expect(yield* read("eventLoopDelayMax")).toBe(first)
      expect(yield* read("eventLoopUtilization")).toBe(yield* read("eventLoopUtilization"))
    }).pipe(Effect.provide(runtime()))
  )

  it.live("keeps a stall that begins as a window ends", () =>
    Effect.gen(function* () {
      yield* Effect.sleep(1_050)
      // The window ends, and before the loop turns once more it is blocked.
      yield* Effect.zipRight(
        read("eventLoopDelayMax"),
        Effect.sync(() => block(300))
      )
      yield* Effect.sleep(1_050)
      expect(yield* read("eventLoopDelayMax")).toBeGreaterThan(0.28)
      yield* Effect.sleep(1_050)
      expect(yield* read("eventLoopDelayMax")).toBeLessThan(0.28)
    }).pipe(Effect.provide(runtime()))
  )
})

describe("a stall under way as a window ends", () => {
  it.live("is in the next window, also where the window before had a longer one", () =>
    Effect.gen(function* () {
      yield* Effect.sleep(100)
      yield* Effect.sync(() => block(600))
      yield* Effect.sleep(500)
      const first = yield* read("eventLoopDelayMax")
      yield* Effect.sync(() => block(300))
      yield* Effect.sleep(1_050)
      const second = yield* read("eventLoopDelayMax")
      expect(first).toBeGreaterThan(0.58)
      expect(second).toBeGreaterThan(0.28)
      expect(second).toBeLessThan(0.58)
    }).pipe(Effect.provide(runtime()))
  )

  it.live("is not lost where it is longer than the next window, and somebody reads before the loop turns", () =>
    Effect.gen(function* () {
      yield* Effect.sleep(1_050)
      yield* read("eventLoopDelayMax")
      yield* Effect.sync(() => block(1_200))
      expect(yield* read("eventLoopDelayMax")).toBeLessThan(1)
      yield* Effect.sleep(100)
      expect(yield* read("eventLoopDelayMax")).toBeGreaterThan(1.15)
    }).pipe(Effect.provide(runtime()))
  )
})

describe("the time of the event loop", () => {
  it.live("is what Node says, and its utilisation is a part of it", () =>
    Effect.gen(function* () {
      const { runtime } = yield* MetricsService
      yield* Effect.sleep(1_050)
      yield* Effect.sync(() => block(200))
      const before = performance.eventLoopUtilization()
      const active = yield* Testing.read(runtime.eventLoopTime, { nodejs_eventloop_state: "active" })
      const idle = yield* Testing.read(runtime.eventLoopTime, { nodejs_eventloop_state: "idle" })
      const after = performance.eventLoopUtilization()
      expect(Number(active)).toBeGreaterThanOrEqual(before.active / 1000 - 1e-9)
      expect(Number(active)).toBeLessThanOrEqual(after.active / 1000 + 1e-9)
      expect(Number(idle)).toBeCloseTo(after.idle / 1000, 6)
      const utilization = yield* read("eventLoopUtilization")
      expect(utilization).toBeGreaterThan(0.1)
      expect(utilization).toBeLessThanOrEqual(1)
    }).pipe(Effect.provide(runtime()))
  )
})
