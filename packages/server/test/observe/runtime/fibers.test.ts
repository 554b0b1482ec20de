import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Metric } from "effect"
import { describe, vi } from "vitest"
import { collectorOf } from "../../../src/observe/collect/collector.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { RuntimeMetrics } from "../../../src/observe/runtime.ts"
import * as Testing from "../../../src/observe/testing.ts"

const runtime = RuntimeMetrics.layer({ eventLoop: false }).pipe(Layer.provideMerge(Testing.layer()))

const counts = Effect.gen(function* () {
  const { runtime } = yield* MetricsService
  return {
    started: Number(yield* Testing.read(runtime.fibersStarted, {})),
    active: Number(yield* Testing.read(runtime.fibersActive, {})),
    succeeded: Number(yield* Testing.read(runtime.fibersSucceeded, {})),
    failed: Number(yield* Testing.read(runtime.fibersFailed, {})),
    lifetimes: yield* Testing.read(runtime.fiberLifetime, {})
  }
})

describe("fibers", () => {
  it.live("are counted by how they end, those under labels included", () =>
    Effect.gen(function* () {
      const before = yield* counts
      const gate = yield* Deferred.make<void>()
      const fibers = yield* Effect.forEach(
        [Effect.void, Effect.fail("no"), Effect.die("no"), Effect.interrupt],
        (end) => Effect.fork(Effect.zipRight(Deferred.await(gate), end))
      )
      const tagged = yield* Effect.tagMetrics(Effect.fork(Deferred.await(gate)), "job", "a")
      yield* Effect.sleep(20)
      expect((yield* counts).active - before.active).toBe(5)
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.forEach([...fibers, tagged], Fiber.await)
      const after = yield* counts
      expect(after.started - before.started).toBe(5)
      expect(after.active - before.active).toBe(0)
      expect(after.succeeded - before.succeeded).toBe(2)
      expect(after.failed - before.failed).toBe(3)
      expect((after.lifetimes?.count ?? 0) - (before.lifetimes?.count ?? 0)).toBe(5)
      const seconds = (after.lifetimes?.sum ?? 0) - (before.lifetimes?.sum ?? 0)
      expect(seconds).toBeGreaterThanOrEqual(0.08)
      expect(seconds).toBeLessThan(5)
      const buckets = Object.values(after.lifetimes?.buckets ?? {})
      expect(buckets.reduce((sum, count) => sum + count, 0)).toBe(after.lifetimes?.count)
    }).pipe(Effect.provide(runtime))
  )

  it.live("take nothing from what was counted where the clock is set back while they live", () =>
    Effect.gen(function* () {
      const before = (yield* counts).lifetimes
      const gate = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Deferred.await(gate))
      yield* Effect.sleep(5)
      const hourAgo = Date.now() - 3_600_000
      const clock = vi.spyOn(Date, "now").mockReturnValue(hourAgo)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(fiber)
      clock.mockRestore()
      const after = (yield* counts).lifetimes
      expect((after?.count ?? 0) - (before?.count ?? 0)).toBe(1)
      expect(after?.sum).toBe(before?.sum ?? 0)
      expect(after?.min).toBe(0)
      yield* Fiber.await(yield* Effect.fork(Effect.sleep(20)))
      const seconds = ((yield* counts).lifetimes?.sum ?? 0) - (after?.sum ?? 0)
      expect(seconds).toBeGreaterThanOrEqual(0.019)
      expect(seconds).toBeLessThan(5)
    }).pipe(Effect.provide(runtime))
  )

  it.live("live no longer than the process where the clock is set forward", () =>
    Effect.gen(function* () {
      const before = (yield* counts).lifetimes
      const gate = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Deferred.await(gate))
      yield* Effect.sleep(5)
      const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(fiber)
      clock.mockRestore()
      const after = (yield* counts).lifetimes
      expect((after?.sum ?? 0) - (before?.sum ?? 0)).toBeLessThanOrEqual(process.uptime())
      expect(after?.max).toBeLessThanOrEqual(process.uptime())
    }).pipe(Effect.provide(runtime))
  )

  it.live("are exported in seconds once, and Effect's own metrics of them not beside", () =>
    Effect.gen(function* () {
      const names = Effect.gen(function* () {
        const { collector } = yield* collectorOf(yield* MetricsService, "all")
        const points = Array.from(collector.collect(1n)).filter((point) => point !== undefined)
        return Array.from(new Set(points.map(({ metric }) => metric.name))).filter((name) =>
          name.startsWith("effect_fib")
        )
      })
      const other = Metric.counter("effect_fibres_of_others")
      yield* Metric.increment(other)
      expect((yield* names).toSorted()).toEqual([
        "effect_fiber_active",
        "effect_fiber_failures",
        "effect_fiber_lifetimes",
        "effect_fiber_started",
        "effect_fiber_successes",
        "effect_fibres_of_others"
      ])
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Layer.build(RuntimeMetrics.layer({ eventLoop: false }))
          expect((yield* names).toSorted()).toEqual([
            "effect_fiber_lifetime_seconds",
            "effect_fibers_active",
            "effect_fibers_failed_total",
            "effect_fibers_started_total",
            "effect_fibers_succeeded_total",
            "effect_fibres_of_others"
          ])
        })
      )
    }).pipe(Effect.provide(Testing.layer()))
  )
})
