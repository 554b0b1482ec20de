import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import { InstrumentId } from "../../../src/observe/instrument/instrument.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const tenants = (count: number) => Array.from({ length: count }, (_, index) => `tenant-${index}`)

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
})
