import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { InstrumentId } from "../../../src/observe/instrument/instrument.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { observeTotals } from "../../../src/observe/runtime/recorded.ts"
import * as Testing from "../../../src/observe/testing.ts"

const tenants = (count: number) => Array.from({ length: count }, (_, index) => `tenant-${index}`)

const totalOf = (values: Testing.Snapshot, name: string): number =>
  Object.entries(values).reduce((sum, [series, value]) => (series.startsWith(name) ? sum + Number(value) : sum), 0)

describe("the limit of series", () => {
  it.effect.prop(
    "keeps totals exact, whatever is folded",
    [FastCheck.array(FastCheck.nat(20)), FastCheck.integer({ min: 2, max: 8 })],
    ([keys, limit]) =>
      Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* Effect.forEach(keys, (key) =>
          MetricsService.inc(jobs.failures, MetricsService.label({ job_type: `t${key}`, reason: "r" }))
        )
        const all = [...jobs.failures[InstrumentId].all()]
        const values = yield* Testing.snapshot
        const total = Object.entries(values).reduce(
          (sum, [text, value]) => (text.startsWith("jobs_failed_total") ? sum + Number(value) : sum),
          0
        )
        expect(all.length).toBeLessThanOrEqual(limit)
        expect(total).toBe(keys.length)
        expect(values[`telemetry_series_overflow_total{metric="jobs_failed_total"}`] ?? 0).toBe(
          values[`jobs_failed_total{otel.metric.overflow="true"}`] ?? 0
        )
      }).pipe(Effect.provide(Testing.layer({ limits: { default: limit } })))
  )

  it.effect("is 2000 unless given, the overflow series included", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Effect.forEach(tenants(2500), (tenant) =>
        MetricsService.trackJob({ jobType: tenant, operation: "submit" })(Effect.void)
      )
      expect(jobs.enqueued[InstrumentId].size).toBe(2000)
      expect(yield* Testing.read(jobs.enqueued, { "otel.metric.overflow": "true" } as never)).toBe(501)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("can be given for one metric", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Effect.forEach(tenants(10), (tenant) =>
        MetricsService.trackJob({ jobType: tenant, operation: "submit" })(Effect.void)
      )
      expect([jobs.enqueued[InstrumentId].size, jobs.inFlight[InstrumentId].size]).toEqual([3, 10])
    }).pipe(Effect.provide(Testing.layer({ limits: { metrics: { jobs_enqueued_total: 3 } } })))
  )

  it.effect("bounds ambient labels too", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Effect.forEach(tenants(100), (tenant) =>
        MetricsService.trackJob({ jobType: "digest", operation: "submit" })(Effect.void).pipe(
          Effect.tagMetrics("tenant", tenant)
        )
      )
      expect(jobs.enqueued[InstrumentId].size).toBe(5)
    }).pipe(Effect.provide(Testing.layer({ limits: { default: 5 } })))
  )

  it.effect("is warned of once, with the label that has the most values", () => {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ annotations, logLevel, message }) => {
      lines.push(`${logLevel.label} ${String(message)} ${HashMap.size(annotations)}`)
    })
    return Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Effect.forEach(tenants(20), (tenant) =>
        MetricsService.inc(jobs.failures, MetricsService.label({ job_type: tenant, reason: "same" }))
      )
      expect(lines).toEqual([
        `WARN Metric "jobs_failed_total" reached its limit of 4 series; further label sets are folded into ` +
          `{otel.metric.overflow="true"}. The label with the most values is "job_type" (3) 0`
      ])
    }).pipe(
      Effect.provide([
        Testing.layer({ limits: { metrics: { jobs_failed_total: 4 } } }),
        Logger.replace(Logger.defaultLogger, logger)
      ])
    )
  })

  it.effect("has room again when series are removed", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const fail = (job_type: string) =>
        MetricsService.inc(jobs.failures, MetricsService.label({ job_type, reason: "r" }))
      yield* Effect.forEach(["a", "b", "c"], fail)
      yield* MetricsService.remove(jobs.failures, { job_type: "a" })
      yield* fail("d")
      const values = yield* Testing.snapshot
      expect(values[`jobs_failed_total{job_type="d",reason="r"}`]).toBe(1)
    }).pipe(Effect.provide(Testing.layer({ limits: { metrics: { jobs_failed_total: 3 } } })))
  )

  it.effect("loses nothing where the count of what is folded is over its own limit", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(tenants(5), (jobType) =>
        MetricsService.trackJob({ jobType, operation: "submit" })(Effect.void)
      )
      const values = yield* Testing.snapshot
      expect(totalOf(values, "jobs_enqueued_total")).toBe(5)
      // Four of each: a job that was enqueued, its duration, and a start and an end in flight.
      expect(totalOf(values, "telemetry_series_overflow_total")).toBe(16)
      expect(totalOf(values, "telemetry_watch_errors_total")).toBe(0)
    }).pipe(Effect.provide(Testing.layer({ limits: { default: 2 } })))
  )
})

describe("what is read from a source over the limit", () => {
  const folded = Effect.map(Testing.snapshot, (values) => totalOf(values, "telemetry_series_overflow_total"))
  const small = Testing.layer({ limits: { metrics: { jobs_dlq_size: 3, jobs_in_flight_oldest_age_seconds: 2 } } })
  const sizes = (types: Iterable<string>) => Array.from(types, (job_type) => ({ labels: { job_type }, value: 1 }))

  it.scoped("is counted when it goes over, not at each read", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      let types = "abcd"
      let isDown = false
      yield* MetricsService.observe(jobs.dlqSize, () => {
        if (isDown) {
          throw new Error("down")
        }
        return sizes(types)
      })
      const seen: Array<number> = []
      for ([types, isDown] of [
        ["abcd", false],
        ["abcd", false],
        ["abcd", true],
        ["abcd", false],
        ["abcdef", false],
        ["ab", false],
        ["abc", false]
      ] as const) {
        seen.push(yield* folded)
      }
      expect(seen).toEqual([2, 2, 2, 2, 4, 4, 5])
    }).pipe(Effect.provide(small), Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )

  it.scoped("is counted so for a gauge that is sampled", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* MetricsService.sample({ gauge: jobs.dlqSize, read: Effect.succeed(sizes("abcd")), every: "1 second" })
      yield* TestClock.adjust("1 minute")
      expect(yield* folded).toBe(2)
    }).pipe(Effect.provide(small))
  )

  it.scoped("is counted for the oldest age when a run begins", () =>
    Effect.gen(function* () {
      const fibers = yield* Effect.forEach(tenants(3), (jobType) =>
        Effect.fork(MetricsService.trackJob({ jobType, operation: "process" })(Effect.never))
      )
      yield* Effect.yieldNow()
      expect([yield* folded, yield* folded]).toEqual([2, 2])
      yield* Fiber.interruptAll(fibers)
      expect(totalOf(yield* Testing.snapshot, "jobs_in_flight{")).toBe(0)
    }).pipe(Effect.provide(small))
  )

  it.scoped("is a sum for totals of counters", () =>
    Effect.gen(function* () {
      const { meter, runtime } = yield* MetricsService
      let total = 1
      yield* observeTotals(meter, runtime.cpuTime, () =>
        ["user", "system", "other"].map((cpu_mode) => ({ labels: { cpu_mode }, total }))
      )
      const time = Effect.map(Testing.snapshot, (values) => totalOf(values, "process_cpu_time_seconds_total"))
      expect([yield* time, yield* folded]).toEqual([3, 2])
      total = 4
      expect([yield* time, yield* time, yield* folded]).toEqual([12, 12, 2])
    }).pipe(Effect.provide(Testing.layer({ limits: { metrics: { process_cpu_time_seconds_total: 2 } } })))
  )
})
