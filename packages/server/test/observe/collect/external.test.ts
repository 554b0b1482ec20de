/** Metrics that others registered: true types and units, and no bad one ever costs a good one. */
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { captureLog, pipeline } from "../otlp/pipeline.ts"

const all = { registries: "all" } as const

const kindOf = (name: string) =>
  Effect.flatMap(Receiver, ({ find }) =>
    Effect.map(find(name), (series) =>
      series.map(({ attributes, kind, scope, total, unit, ...rest }) => ({
        kind: "isMonotonic" in rest ? `${kind}, ${rest.isMonotonic ? "monotonic" : "up and down"}` : kind,
        scope: scope.name,
        unit,
        attributes,
        total
      }))
    )
  )

const sum = (unit: string, total: number, attributes = {}) => ({
  kind: "sum, monotonic",
  scope: "effect",
  unit,
  attributes,
  total
})

const flushed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.zipRight(effect, Telemetry.flush)).pipe(Effect.provide(pipeline(all)))

describe("an external metric", () => {
  it.scopedLive("goes out with its type: counters, gauges, frequencies, summaries, bigint or not", () =>
    Effect.gen(function* () {
      yield* flushed(
        Effect.gen(function* () {
          yield* Metric.incrementBy(Metric.counter("f_counter", { incremental: true }), 2)
          yield* Metric.incrementBy(Metric.counter("f_level"), -2)
          yield* Metric.incrementBy(Metric.counter("f_big", { incremental: true, bigint: true }), 3n)
          yield* Metric.set(Metric.gauge("f_gauge", { bigint: true }), 4n)
          const words = Metric.frequency("f_words")
          yield* Effect.forEach(["a", "b", "a"], (word) => Metric.update(words, word))
          const summary = { name: "f_summary", maxAge: "1 minute", maxSize: 10, error: 0, quantiles: [1] }
          yield* Effect.forEach([1, 2, 3], (value) =>
            Metric.update(Metric.summary({ ...summary, maxAge: Duration.minutes(1) }), value)
          )
        })
      )
      expect(yield* kindOf("f_counter")).toEqual([sum("", 2)])
      expect(yield* kindOf("f_level")).toEqual([{ ...sum("", -2), kind: "sum, up and down" }])
      expect(yield* kindOf("f_big")).toEqual([sum("", 3)])
      expect(yield* kindOf("f_gauge")).toEqual([{ ...sum("", 4), kind: "gauge" }])
      expect(yield* kindOf("f_words")).toEqual([sum("", 2, { key: "a" }), sum("", 1, { key: "b" })])
      expect(yield* kindOf("f_summary_quantiles")).toEqual([{ ...sum("", 3, { quantile: "1" }), kind: "gauge" }])
      expect(yield* kindOf("f_summary_count")).toEqual([sum("", 3)])
      expect(yield* kindOf("f_summary_sum")).toEqual([{ ...sum("", 6), kind: "sum, up and down" }])
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("has its unit as a unit, and not as a label", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver
      yield* flushed(
        Effect.gen(function* () {
          yield* Metric.update(Metric.timer("f_timer"), Duration.millis(300))
          yield* Metric.increment(Metric.tagged(Metric.counter("f_bytes"), "unit", "bytes"))
          yield* Metric.increment(Metric.tagged(Metric.counter("f_warehouse"), "unit", "north"))
          yield* Metric.set(Metric.gauge("effect_cluster_shards", { bigint: true }), 5n)
          yield* Effect.fork(Effect.void)
        })
      )
      const units = Effect.fn(function* (name: string) {
        return (yield* receiver.find(name)).map(({ attributes, unit }) => [unit, attributes])
      })
      expect(yield* units("f_timer")).toEqual([["ms", {}]])
      expect(yield* units("f_bytes")).toEqual([["By", {}]])
      expect(yield* units("f_warehouse")).toEqual([["", { unit: "north" }]])
      expect(yield* units("effect_cluster_shards")).toEqual([["{shard}", {}]])
      // Effect's own are in the registry of the process: other tests' fibers may have tagged some.
      expect(yield* units("effect_fiber_started")).toContainEqual(["{fiber}", {}])
      expect(yield* units("effect_fiber_lifetimes")).toContainEqual(["ms", {}])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("comes once for each set of labels: counters and histograms added, the largest gauge", () =>
    Effect.gen(function* () {
      const a = MetricLabel.make("a", "1")
      const b = MetricLabel.make("b", "2")
      const bounds = () => MetricBoundaries.fromIterable([1, 2])
      yield* flushed(
        Effect.gen(function* () {
          const counter = Metric.counter("d_counter", { incremental: true })
          yield* Metric.incrementBy(Metric.taggedWithLabels(counter, [a, b]), 1)
          yield* Metric.incrementBy(Metric.taggedWithLabels(counter, [b, a]), 10)
          yield* Metric.incrementBy(Metric.taggedWithLabels(counter, [a, b, MetricLabel.make("a", "9")]), 100)
          yield* Metric.set(Metric.taggedWithLabels(Metric.gauge("d_gauge"), [a, b]), 3)
          yield* Metric.set(Metric.taggedWithLabels(Metric.gauge("d_gauge"), [b, a]), 2)
          yield* Metric.update(Metric.histogram("d_histogram", bounds()), 1)
          yield* Metric.update(Metric.histogram("d_histogram", bounds()), 5)
        })
      )
      expect(yield* kindOf("d_counter")).toEqual([sum("", 111, { a: "1", b: "2" })])
      expect(yield* kindOf("d_gauge")).toEqual([{ ...sum("", 3, { a: "1", b: "2" }), kind: "gauge" }])
      const [merged] = yield* kindOf("d_histogram")
      expect(merged?.total).toEqual({
        count: 2,
        sum: 6,
        min: 1,
        max: 5,
        bucketCounts: [1, 0, 1],
        explicitBounds: [1, 2]
      })
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("that two registries have is added up", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Effect.gen(function* () {
          const { jobs } = yield* MetricsService
          yield* MetricsService.inc(jobs.replays, MetricsService.label({ job_type: "both" }), 1)
        }).pipe(Effect.provide(MetricsService.Default))
        const { jobs } = yield* MetricsService
        yield* MetricsService.inc(jobs.replays, MetricsService.label({ job_type: "both" }), 10)
        yield* Telemetry.flush
      }).pipe(Effect.provide(pipeline(all)))
      expect((yield* kindOf("jobs_replayed_total")).map(({ total }) => total)).toEqual([11])
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )
})

const summary = { maxAge: Duration.minutes(1), error: 0.01, quantiles: [0.5, 0.9] }

/**
 * Reading these never ends. The global registry belongs to the whole process, and its next reader would hang: they go into
 * the service's own.
 */
const endless = Effect.map(MetricsService, ({ registry }) => {
  const withNaN = registry.get(MetricKey.summary({ name: "p_summary_nan", maxSize: 10, ...summary }))
  ;[1, Number.NaN, 2].forEach((value) => withNaN.update([value, 0]))
  registry.get(MetricKey.summary({ name: "p_summary_empty", maxSize: 0, ...summary })).update([1, 0])
})

/** One of each bad kind. */
const poison = Effect.gen(function* () {
  yield* Metric.set(Metric.gauge("p_nan"), Number.NaN)
  yield* Metric.incrementBy(Metric.counter("p_infinite"), Number.POSITIVE_INFINITY)
  yield* Metric.update(Metric.histogram("p_histogram_nan", MetricBoundaries.fromIterable([1])), Number.NaN)
  yield* Metric.update(Metric.histogram("p_bounds", MetricBoundaries.fromIterable([1, Number.NaN])), 1)
  yield* Metric.increment(Metric.counter("p_conflict"))
  yield* Metric.set(Metric.gauge("p_conflict"), 1)
  yield* Metric.update(Metric.histogram("p_conflict", MetricBoundaries.fromIterable([1])), 1)
  yield* Metric.set(Metric.gauge("jobs_enqueued_total"), 1)
  yield* Metric.increment(Metric.counter(""))
  yield* endless
  yield* Metric.increment(Metric.tagged(Metric.counter("g_surrogate"), "k", "a\ud800b"))
})

const good = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  yield* MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "good" }))
  yield* Metric.increment(Metric.counter("g_counter", { incremental: true }))
  yield* Metric.set(Metric.gauge("g_gauge"), 1)
  yield* Metric.update(Metric.histogram("g_empty", MetricBoundaries.fromIterable([1])), 0)
  const options = { name: "g_summary", maxAge: Duration.minutes(1), maxSize: 10, error: 0.01, quantiles: [0.5] }
  yield* Metric.update(Metric.summary(options), 1)
})

/** One of them may be late, and so dropped, on a busy machine. */
const isSoundSummary = (name: string): boolean => /^[fg]_summary$/.test(name)

describe("poison", () => {
  it.scopedLive("never costs a good metric, is counted, and logged once", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver
      const { layer, lines } = captureLog()
      yield* Effect.gen(function* () {
        yield* poison
        yield* good
        for (const time of [1, 2, 3]) {
          const [report] = yield* Telemetry.flush
          expect(report?.failures).toEqual([])
          const series = yield* receiver.series
          const names = new Set(series.filter(({ points }) => points === time).map(({ name }) => name))
          for (const name of [
            "jobs_enqueued_total",
            "g_counter",
            "g_gauge",
            "g_empty",
            "g_surrogate",
            "g_summary_count"
          ]) {
            expect([name, names.has(name)]).toEqual([name, true])
          }
        }
        expect(yield* receiver.violations).toEqual([])
        const arrived = (yield* receiver.series).filter(({ name }) => name.startsWith("p_"))
        expect(arrived.map(({ name, points }) => [name, points])).toEqual([["p_conflict", 3]])
        const dropped = yield* receiver.find("telemetry_points_dropped_total")
        const reasons = Object.fromEntries(dropped.map(({ attributes, total }) => [attributes["reason"], total]))
        // Two exports, and the part of the third that comes before these counters are read.
        expect(reasons["non_finite"]).toBeGreaterThanOrEqual(4 * 2 + 3)
        expect(reasons).toMatchObject({ conflict: 2 * 2 + 2 * 3, rejected: 3, negative: 0 })
      }).pipe(Effect.provide(pipeline(all)), Effect.provide(layer))
      const warnings = lines.filter((line) => line.startsWith("WARN Metric"))
      expect(new Set(warnings).size).toBe(warnings.length)
      const names = warnings.map((line) => /"(.*?)"/.exec(line)?.[1] ?? "")
      expect(names.filter((name) => !isSoundSummary(name)).sort()).toEqual([
        "",
        "jobs_enqueued_total",
        "p_bounds",
        "p_conflict",
        "p_histogram_nan",
        "p_infinite",
        "p_nan",
        "p_summary_empty",
        "p_summary_nan"
      ])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("does not hold up the event loop", () =>
    Effect.gen(function* () {
      // The processor's time between two timers, and not time on the clock: others may have the processor.
      let longest = 0
      let last = process.cpuUsage()
      const timer = setInterval(() => {
        const { system, user } = process.cpuUsage(last)
        longest = Math.max(longest, (system + user) / 1_000)
        last = process.cpuUsage()
      }, 1)
      yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(timer)))
      yield* flushed(endless)
      expect(longest).toBeLessThan(1_000)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
