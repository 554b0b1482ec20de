import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as HashSet from "effect/HashSet"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as MetricRegistry from "effect/MetricRegistry"
import { InstrumentId } from "../../../src/observe/instrument/instrument.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const digest = MetricsService.label({ job_type: "digest", operation: "submit" })
const own = Effect.provide(Testing.layer())

describe("a duration", () => {
  it.effect("is held in seconds: 0.25 s and 5 s fall into the buckets of 1 s and 10 s", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.update(jobs.duration, Duration.millis(250))
      yield* Metric.update(jobs.duration, Duration.seconds(5))
      expect(yield* Testing.read(jobs.duration, {})).toEqual({
        count: 2,
        sum: 5.25,
        min: 0.25,
        max: 5,
        buckets: { "0.01": 0, "0.1": 0, "1": 1, "10": 1, "100": 0, "1000": 0, "+Inf": 0 }
      })
    }).pipe(own)
  )

  it.effect("is what Metric.trackDuration records", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.trackDuration(Effect.void, jobs.duration)
      expect(yield* Testing.read(jobs.duration, {})).toMatchObject({ count: 1, sum: 0, min: 0, max: 0 })
    }).pipe(own)
  )

  it.effect("that is infinite, or no duration at all, is refused and counted", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.update(jobs.duration, Duration.infinity)
      yield* Metric.update(jobs.duration, "5 seconds" as never)
      yield* Metric.update(jobs.duration, 5 as never)
      const values = yield* Testing.snapshot
      expect(values["jobs_duration_seconds"]).toMatchObject({ count: 0, sum: 0 })
      expect(values[`telemetry_points_dropped_total{reason="non_finite"}`]).toBe(3)
    }).pipe(own)
  )
})

describe("a histogram", () => {
  it.effect("that is empty has no extremes, and one of zeros has true ones", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const empty = yield* Metric.value(jobs.attempts)
      yield* Metric.update(jobs.attempts, 0)
      const zeros = yield* Metric.value(jobs.attempts)
      expect([empty.count, empty.min, empty.max]).toEqual([0, 0, 0])
      expect([zeros.count, zeros.min, zeros.max]).toEqual([1, 0, 0])
    }).pipe(own)
  )

  it.effect.prop(
    "adds up: its count is the sum of its buckets, and every value is in the right one",
    [FastCheck.array(FastCheck.double({ min: 0, max: 20, noNaN: true }))],
    ([values]) =>
      Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* Effect.forEach(values, (value) => Metric.update(jobs.attempts, value))
        const read = yield* Metric.value(jobs.attempts)
        expect(read.count).toBe(values.length)
        for (const [boundary, cumulative] of read.buckets) {
          expect(cumulative).toBe(values.filter((value) => value <= boundary).length)
        }
        expect(values.length === 0 || read.min === Math.min(...values)).toBe(true)
        expect(values.length === 0 || read.max === Math.max(...values)).toBe(true)
      }).pipe(own)
  )
})

describe("a counter", () => {
  it.effect.prop(
    "only ever grows: what is negative or not finite is refused and counted, and never throws",
    [FastCheck.array(FastCheck.double())],
    ([amounts]) =>
      Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* Effect.forEach(amounts, (amount) => MetricsService.inc(jobs.enqueued, digest, amount))
        const good = amounts.filter((amount) => amount >= 0 && amount < Number.POSITIVE_INFINITY)
        const negative = amounts.filter((amount) => amount < 0 && amount > Number.NEGATIVE_INFINITY).length
        const values = yield* Testing.snapshot
        const read = yield* Metric.value(Metric.taggedWithLabels(jobs.enqueued, digest))
        expect(read.count).toBe(good.reduce((sum, amount) => sum + amount, 0))
        expect(values[`telemetry_points_dropped_total{reason="negative"}`] ?? 0).toBe(negative)
        expect(values[`telemetry_points_dropped_total{reason="non_finite"}`] ?? 0).toBe(
          amounts.length - good.length - negative
        )
      }).pipe(own)
  )

  it.effect("takes a bigint for what it is not: refused, and the effect lives on", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* MetricsService.inc(jobs.enqueued, digest, 1n as never)
      expect(yield* Testing.read(jobs.enqueued, { job_type: "digest", operation: "submit" })).toBe(0)
    }).pipe(own)
  )
})

describe("a gauge", () => {
  it.effect("is set with one verb and added to with another", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const labels = MetricsService.label({ job_type: "digest" })
      const size = Metric.taggedWithLabels(jobs.dlqSize, labels)
      yield* Metric.set(size, 5)
      yield* MetricsService.gauge(jobs.dlqSize, labels, -2)
      yield* Metric.incrementBy(size, 4)
      yield* MetricsService.gauge(jobs.dlqSize, labels, Number.NaN)
      expect(yield* Testing.read(jobs.dlqSize, { job_type: "digest" })).toBe(7)
    }).pipe(own)
  )
})

describe("a series", () => {
  const writeAndRead = Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* MetricsService.trackJob({ jobType: "digest", operation: "submit", priority: "high" })(Effect.void)
    const orders = [
      [
        ["job_type", "digest"],
        ["operation", "submit"],
        ["priority", "high"]
      ],
      [
        ["priority", "high"],
        ["job_type", "digest"],
        ["operation", "submit"]
      ]
    ] as const
    const inAnyOrder = yield* Effect.forEach(orders, (pairs) =>
      Metric.value(
        Metric.taggedWithLabels(
          jobs.enqueued,
          pairs.map(([key, value]) => MetricLabel.make(key, value))
        )
      )
    )
    const chained = yield* Metric.value(
      jobs.enqueued.pipe(
        Metric.tagged("operation", "submit"),
        Metric.tagged("job_type", "digest"),
        Metric.tagged("priority", "high")
      )
    )
    const asSet = yield* Metric.value(
      Metric.taggedWithLabels(
        jobs.enqueued,
        MetricsService.label({ priority: "high", operation: "submit", job_type: "digest" })
      )
    )
    return [...inAnyOrder, chained, asSet].map(({ count }) => count)
  })

  it.effect("is read in whatever order its labels are written", () =>
    Effect.gen(function* () {
      expect(yield* writeAndRead).toEqual([1, 1, 1, 1])
    }).pipe(own)
  )

  it.effect("is read in any order under ambient labels too, and has them", () =>
    Effect.gen(function* () {
      expect(yield* Effect.tagMetrics(writeAndRead, "region", "north")).toEqual([1, 1, 1, 1])
      const { jobs } = yield* MetricsService
      expect([...jobs.enqueued[InstrumentId].all()].map(({ labels }) => labels.map(({ key }) => key))).toEqual([
        ["job_type", "operation", "priority", "region"]
      ])
    }).pipe(own)
  )

  it.effect("keeps the inner label on a clash, however it is written", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.increment(Metric.tagged(jobs.enqueued, "job_type", "own")).pipe(
        Effect.tagMetrics("job_type", "ambient"),
        Effect.tagMetrics("region", "inner"),
        Effect.tagMetrics("region", "outer")
      )
      yield* Metric.increment(jobs.enqueued).pipe(
        Effect.tagMetrics("job_type", "inner"),
        Effect.tagMetrics("job_type", "outer")
      )
      expect(yield* Testing.snapshot).toEqual({
        [`jobs_enqueued_total{job_type="own",region="inner"}`]: 1,
        [`jobs_enqueued_total{job_type="inner"}`]: 1
      })
    }).pipe(own)
  )

  it.effect("has clean values whoever writes it", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.increment(Metric.tagged(jobs.enqueued, "job_type", "dig\u200best\n"))
      expect(yield* Testing.snapshot).toEqual({ [`jobs_enqueued_total{job_type="digest"}`]: 1 })
    }).pipe(own)
  )

  it.effect("is not created by reading", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      expect((yield* Metric.value(Metric.tagged(jobs.enqueued, "job_type", "never"))).count).toBe(0)
      expect(yield* Testing.snapshot).toEqual({})
    }).pipe(own)
  )

  it.effect("can be removed, and recorded on again from 0 by what was bound to it", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const submit = MetricsService.trackJob({ jobType: "digest", operation: "submit" })(Effect.void)
      yield* submit
      yield* MetricsService.trackJob({ jobType: "parse", operation: "submit" })(Effect.void)
      expect(yield* MetricsService.remove(jobs.enqueued, { job_type: "digest" })).toBe(1)
      yield* submit
      expect(yield* Testing.read(jobs.enqueued, { job_type: "digest", operation: "submit" })).toBe(1)
      expect(yield* Testing.read(jobs.enqueued, { job_type: "parse", operation: "submit" })).toBe(1)
    }).pipe(own)
  )

  it.effect("that was bound and is removed begins again from 0", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const bound = yield* MetricsService.series(jobs.enqueued, { job_type: "digest" })
      bound.record(1)
      yield* MetricsService.remove(jobs.enqueued, { job_type: "digest" })
      bound.record(5)
      bound.add(1)
      expect(yield* Testing.snapshot).toEqual({ [`jobs_enqueued_total{job_type="digest"}`]: 6 })
    }).pipe(own)
  )

  it.effect("of a gauge is not invented for what is no number", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.set(Metric.tagged(jobs.dlqSize, "job_type", "digest"), Number.NaN)
      expect(yield* Testing.read(jobs.dlqSize, { job_type: "digest" })).toBeUndefined()
      expect((yield* Testing.snapshot)[`telemetry_points_dropped_total{reason="non_finite"}`]).toBe(1)
    }).pipe(own)
  )

  it.effect("that is removed is gone from the registry as well", () =>
    Effect.gen(function* () {
      const { jobs, registry } = yield* MetricsService
      yield* MetricsService.inc(jobs.enqueued, digest)
      yield* MetricsService.remove(jobs.enqueued, {})
      expect(registry.snapshot()).toEqual([])
    }).pipe(own)
  )
})

describe("registries", () => {
  it.effect("of two services in one process know nothing of each other", () =>
    Effect.gen(function* () {
      const count = Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* MetricsService.inc(jobs.enqueued, digest)
        return yield* Testing.snapshot
      })
      const [first, second] = yield* Effect.all([count.pipe(own), count.pipe(Effect.provide(Testing.layer()))])
      expect(first).toEqual({ [`jobs_enqueued_total{job_type="digest",operation="submit"}`]: 1 })
      expect(second).toEqual(first)
    })
  )

  it.effect("given twice are one", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const count = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.enqueued, digest)).pipe(
        Effect.provide(MetricsService.layer({ registry }))
      )
      yield* count
      yield* count
      expect(registry.snapshot().map(({ metricState }) => metricState)).toMatchObject([{ count: 2 }])
    })
  )

  it.effect("of the process hold the default service's metrics, for every other exporter to see", () =>
    Effect.gen(function* () {
      // Others of this process may have recorded on every metric of the catalogue.
      const row = { name: "seen_total", kind: "counter", unit: "{one}", labels: ["job_type"], help: "Seen." } as const
      const { seen } = yield* MetricsService.define({ seen: row })
      const before = new Set((yield* Metric.snapshot).map(({ metricKey }) => metricKey.name))
      yield* MetricsService.inc(seen, { job_type: "digest" })
      const after = (yield* Metric.snapshot).map(({ metricKey }) => metricKey.name)
      expect(before.has("seen_total")).toBe(false)
      expect(after.filter((name) => !before.has(name))).toEqual(["seen_total"])
      yield* MetricsService.remove(seen, {})
    }).pipe(Effect.provide(MetricsService.Default))
  )
})

describe("ambient labels", () => {
  it.effect("never take a name that means something else to a backend or in the catalogue", () =>
    Effect.gen(function* () {
      yield* MetricsService.trackJob({ jobType: "digest", operation: "submit" })(Effect.void).pipe(
        Effect.tagMetrics({ le: "5", job: "cron", outcome: "failure", __name__: "up", region: "north" })
      )
      expect(Object.keys(yield* Testing.snapshot)).toContain(
        `jobs_enqueued_total{exported___name__="up",exported_job="cron",exported_le="5",exported_outcome="failure",` +
          `job_type="digest",operation="submit",region="north"}`
      )
    }).pipe(own)
  )

  it.effect("are those of the labels that are handed over, and no others", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const tags = [MetricLabel.make("job_type", "digest")]
      const update = Effect.sync(() => jobs.enqueued.unsafeUpdate(1, tags))
      yield* Effect.tagMetrics(update, "region", "north")
      yield* Effect.tagMetrics(update, "region", "south")
      yield* update
      expect(yield* Testing.snapshot).toEqual({ [`jobs_enqueued_total{job_type="digest"}`]: 3 })
    }).pipe(own)
  )

  it.effect("reach our series, and no metric of Effect's own grows because of the library", () =>
    Effect.gen(function* () {
      const external = Effect.map(Metric.snapshot, (pairs) => pairs.length)
      const before = yield* external
      yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => `tenant-${index}`),
        (tenant) =>
          MetricsService.trackJob({ jobType: "digest", operation: "submit" })(Effect.void).pipe(
            Effect.tagMetrics("tenant", tenant)
          )
      )
      const { jobs } = yield* MetricsService
      expect(jobs.enqueued[InstrumentId].size).toBe(50)
      expect(yield* external).toBe(before)
    }).pipe(own)
  )
})

describe("a bound series", () => {
  it.effect("records on the series of its labels", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const series = yield* MetricsService.series(jobs.enqueued, { job_type: "digest" })
      series.record(3)
      expect(yield* Testing.read(jobs.enqueued, { job_type: "digest" })).toBe(3)
      expect(HashSet.size(MetricsService.label({ job_type: "digest" }))).toBe(1)
    }).pipe(own)
  )
})

describe("an up-down counter", () => {
  const rows = {
    open: { name: "calls_open", kind: "upDownCounter", unit: "{call}", labels: ["route"], help: "Open calls." }
  } as const

  it.effect("is added to, whatever records on it", () =>
    Effect.gen(function* () {
      const { open } = yield* MetricsService.define(rows)
      const tagged = Metric.tagged(open, "route", "a")
      const bound = yield* MetricsService.series(open, { route: "a" })
      yield* Metric.update(tagged, 5)
      yield* Metric.update(tagged, -2)
      yield* Metric.set(tagged, 1)
      yield* Metric.increment(tagged)
      yield* Metric.incrementBy(tagged, 10)
      yield* MetricsService.gauge(open, { route: "a" }, 100)
      yield* Effect.sync(() => bound.record(1_000))
      yield* Effect.sync(() => bound.add(10_000))
      yield* tagged(Effect.succeed(100_000))
      expect(yield* Testing.read(open, { route: "a" })).toBe(111_115)
    }).pipe(own)
  )

  it.effect("is set where it is sampled", () =>
    Effect.gen(function* () {
      const { open } = yield* MetricsService.define(rows)
      const read = Effect.succeed([{ labels: { route: "a" }, value: 7 }])
      yield* MetricsService.sample({ gauge: open, read, every: "1 hour" })
      yield* MetricsService.sample({ gauge: open, read, every: "1 hour" })
      expect(yield* Testing.read(open, { route: "a" })).toBe(7)
    }).pipe(Effect.scoped, own)
  )

  it.effect("a gauge is set", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* Metric.update(jobs.dlqSize, 5)
      yield* Metric.update(jobs.dlqSize, 3)
      expect(yield* Testing.read(jobs.dlqSize, {})).toBe(3)
    }).pipe(own)
  )
})
