/** Deltas: intervals touch, nothing is lost or counted twice, whatever the receiver does. */
import { describe, expect, it } from "@effect/vitest"
import { FailureMode, Receiver } from "@parametric-portal/dashboard/receiver"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Metric from "effect/Metric"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { MetricsService } from "../../../../src/observe/metrics.ts"
import { Telemetry } from "../../../../src/observe/telemetry.ts"
import { snapshot } from "../../../../src/observe/testing.ts"
import { pipeline, received, until } from "../../otlp/pipeline.ts"

const interval = "10 seconds"

/** How many requests have ended. */
const exportsEnded = Effect.map(snapshot, (series) =>
  Object.entries(series).reduce(
    (sum, [name, value]) =>
      name.startsWith("telemetry_exports_total") && typeof value === "number" ? sum + value : sum,
    0
  )
)

/** Lets one interval pass, and waits until the export that it brings has ended. */
const nextExport = Effect.gen(function* () {
  const before = yield* exportsEnded
  yield* TestClock.adjust(interval)
  yield* until(Effect.map(exportsEnded, (ended) => ended > before))
})

const anyFailureMode = FastCheck.oneof(
  { weight: 3, arbitrary: FastCheck.constant<FailureMode>(FailureMode.none) },
  FastCheck.constantFrom<FailureMode>(
    FailureMode.status(400),
    FailureMode.status(429),
    FailureMode.status(503),
    FailureMode.reset,
    FailureMode.refuse
  )
)

const anyStep = FastCheck.record({ mode: anyFailureMode, jobs: FastCheck.nat(1_000), seconds: FastCheck.nat(100) })

describe("delta", () => {
  it.scoped(
    "acknowledged deltas add up to the total exactly, over 100 intervals of random failures",
    () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver
        const [steps = []] = FastCheck.sample(FastCheck.array(anyStep, { minLength: 100, maxLength: 100 }), 1)
        yield* TestClock.setTime(1_000_000_000_000)
        const truth = yield* Ref.make({ jobs: 0, seconds: 0, times: 0 })
        yield* Effect.gen(function* () {
          const { jobs } = yield* MetricsService
          const labels = MetricsService.label({ job_type: "digest" })
          for (const { jobs: by, mode, seconds } of steps) {
            yield* receiver.setFailureMode(mode)
            yield* MetricsService.inc(jobs.enqueued, labels, by)
            yield* Metric.update(Metric.taggedWithLabels(jobs.duration, labels), Duration.seconds(seconds))
            yield* Ref.update(truth, (it) => ({
              jobs: it.jobs + by,
              seconds: it.seconds + seconds,
              times: it.times + 1
            }))
            yield* nextExport
          }
          yield* receiver.setFailureMode(FailureMode.none)
          yield* TestClock.adjust("1 second")
        }).pipe(Effect.provide(pipeline({ interval }, { temporality: "delta", timeout: "300 millis" })))
        const { jobs, seconds, times } = yield* Ref.get(truth)
        const [counter] = yield* receiver.find("jobs_enqueued_total")
        const [histogram] = yield* receiver.find("jobs_duration_seconds")
        expect(counter).toMatchObject({ temporality: "delta", isMonotonic: true, total: jobs })
        expect(histogram).toMatchObject({ temporality: "delta", total: { count: times, sum: seconds } })
        expect(yield* receiver.violations).toEqual([])
      }).pipe(Effect.provide(Receiver.layer())),
    120_000
  )

  it.scoped("is of counters and histograms; gauges and what goes up and down stay as they are", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000_000_000)
      yield* Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        const labels = MetricsService.label({ job_type: "digest" })
        for (const _ of [1, 2]) {
          yield* MetricsService.inc(jobs.enqueued, labels, 2)
          yield* MetricsService.gauge(jobs.inFlight, labels, 3)
          yield* MetricsService.gauge(jobs.queueDepth, labels, 4)
          yield* Metric.update(Metric.taggedWithLabels(jobs.duration, labels), Duration.seconds(5))
          yield* nextExport
        }
        const series = yield* received
        const sent = Object.fromEntries(
          series.map((one) => [one.name, "temporality" in one ? [one.temporality, one.value] : [one.kind, one.value]])
        )
        expect(sent).toMatchObject({
          jobs_enqueued_total: ["delta", 4],
          jobs_in_flight: ["cumulative", 6],
          jobs_queue_depth: ["gauge", 8],
          jobs_duration_seconds: ["delta", { count: 2, sum: 10 }]
        })
        yield* TestClock.adjust("1 second")
      }).pipe(Effect.provide(pipeline({ interval }, { temporality: "lowmemory" })))
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scoped("is of the count of an external summary; its sum and its quantiles stay as they are", () =>
    Effect.gen(function* () {
      const { violations, find } = yield* Receiver
      yield* TestClock.setTime(1_000_000_000_000)
      yield* Effect.gen(function* () {
        const options = { name: "d_summary", maxAge: Duration.hours(1), maxSize: 10, error: 0, quantiles: [1] }
        for (const values of [[1, 2], [3]]) {
          yield* Effect.forEach(values, (value) => Metric.update(Metric.summary(options), value))
          yield* Telemetry.flush
          yield* TestClock.adjust("1 second")
        }
        const [count] = yield* find("d_summary_count")
        expect(count).toMatchObject({ temporality: "delta", isMonotonic: true, total: 3 })
        const [sum] = yield* find("d_summary_sum")
        expect(sum).toMatchObject({ temporality: "cumulative", isMonotonic: false, value: 6 })
        expect((yield* find("d_summary_quantiles")).map(({ kind, value }) => [kind, value])).toEqual([["gauge", 3]])
      }).pipe(Effect.provide(pipeline({ registries: "all", interval: "1 hour" }, { temporality: "delta" })))
      expect(yield* violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scoped("of floating point amounts does not drift", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver
      yield* TestClock.setTime(1_000_000_000_000)
      const sum = yield* Ref.make(0)
      yield* Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        const duration = Metric.taggedWithLabels(jobs.duration, MetricsService.label({ job_type: "digest" }))
        for (let index = 1; index <= 20; index++) {
          yield* Metric.update(duration, Duration.millis(index * 100))
          yield* Ref.update(sum, (it) => it + index / 10)
          yield* nextExport
        }
      }).pipe(Effect.provide(pipeline({ interval }, { temporality: "delta" })))
      const [histogram] = yield* receiver.find("jobs_duration_seconds")
      const total = histogram?.kind === "histogram" ? histogram.total.sum : undefined
      expect(Math.abs((total ?? 0) - (yield* Ref.get(sum)))).toBeLessThan(1e-12)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
