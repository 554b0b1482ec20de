import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

class Refused extends Data.TaggedError("Refused")<{}> {}

const rows = {
  duration: {
    name: "calls_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["route", "outcome"],
    boundaries: "http",
    help: "Calls."
  },
  errors: { name: "call_errors_total", kind: "counter", unit: "{error}", labels: ["route", "type"], help: "Errors." },
  rows: { name: "rows_total", kind: "counter", unit: "{row}", labels: ["table"], help: "Rows." }
} as const

const own = Effect.provide(Testing.layer())

describe("trackEffect", () => {
  it.effect.each([
    ["success", Effect.void, `calls_seconds{route="/"}`, undefined],
    ["failure", Effect.fail(new Refused()), `calls_seconds{outcome="failure",route="/"}`, "Refused"],
    ["a failure without a tag", Effect.fail("no"), `calls_seconds{outcome="failure",route="/"}`, "Unknown"],
    ["defect", Effect.die(new TypeError("no")), `calls_seconds{outcome="defect",route="/"}`, "TypeError"],
    ["interruption", Effect.interrupt, `calls_seconds{outcome="interrupted",route="/"}`, undefined]
  ] as const)("times and counts: %s", ([, ending, duration, type]) =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const delta = yield* Testing.deltaOf(
        Effect.gen(function* () {
          const fiber = yield* Effect.sleep("3 seconds").pipe(
            Effect.zipRight<void, string | Refused, never>(ending),
            MetricsService.trackEffect({ ...metrics, labels: MetricsService.label({ route: "/" }) }),
            Effect.fork
          )
          yield* TestClock.adjust("3 seconds")
          return yield* Fiber.await(fiber)
        })
      )
      expect(delta).toEqual({
        [duration]: { count: 1, sum: 3 },
        ...(type === undefined ? {} : { [`call_errors_total{route="/",type="${type}"}`]: 1 })
      })
    }).pipe(own)
  )

  it.effect("works with the metrics of Effect itself", () =>
    Effect.gen(function* () {
      const duration = Metric.timerWithBoundaries("external_timer_of_track_effect", [1000])
      const errors = Metric.counter("external_errors_of_track_effect", { incremental: true })
      const labels = MetricsService.label({ route: "/" })
      yield* Effect.exit(MetricsService.trackEffect(Effect.fail(new Refused()), { duration, errors, labels }))
      const count = yield* Metric.value(
        Metric.taggedWithLabels(errors, [MetricLabel.make("route", "/"), MetricLabel.make("type", "Refused")])
      )
      expect(count.count).toBe(1)
    }).pipe(own)
  )
})

describe("trackError", () => {
  it.effect("counts one error by its tag, in the label that the counter declares", () =>
    Effect.gen(function* () {
      const { cluster, jobs } = yield* MetricsService
      const delta = yield* Testing.deltaOf(
        Effect.all([
          MetricsService.trackError(cluster.errors, MetricsService.label({ entity_type: "E" }), new Refused()),
          MetricsService.trackError(jobs.failures, MetricsService.label({ job_type: "J" }), new TypeError("no"))
        ])
      )
      expect(delta).toEqual({
        [`cluster_errors_total{entity_type="E",type="Refused"}`]: 1,
        [`jobs_failed_total{job_type="J",reason="TypeError"}`]: 1
      })
    }).pipe(own)
  )
})

describe("trackStream", () => {
  it.effect("counts each element and leaves the chunks as they are", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const chunks = Stream.fromChunks(Chunk.make(1, 2, 3), Chunk.make(4), Chunk.empty<number>(), Chunk.make(5, 6))
      const sizes = yield* MetricsService.trackStream(chunks, metrics.rows, { table: "jobs" }).pipe(
        Stream.chunks,
        Stream.map(Chunk.toReadonlyArray),
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(sizes)).toEqual([[1, 2, 3], [4], [5, 6]])
      expect(yield* Testing.read(metrics.rows, { table: "jobs" })).toBe(6)
    }).pipe(own)
  )

  it.effect("takes a set of labels as well as pairs", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const labels = MetricsService.label({ table: "jobs" })
      yield* Stream.runDrain(MetricsService.trackStream(Stream.make(1, 2), metrics.rows, labels))
      expect(yield* Testing.read(metrics.rows, { table: "jobs" })).toBe(2)
    }).pipe(own)
  )

  it.effect("counts what passed of a stream that fails", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const stream = Stream.concat(Stream.make(1, 2), Stream.fail("broken"))
      const error = yield* stream.pipe(
        MetricsService.trackStream(metrics.rows, { table: "jobs" }),
        Stream.runDrain,
        Effect.flip
      )
      expect([error, yield* Testing.read(metrics.rows, { table: "jobs" })]).toEqual(["broken", 2])
    }).pipe(own)
  )

  it.effect("logs progress each time a multiple of the interval is passed, from 0 in each run", () => {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ message }) => {
      lines.push(String(message))
    })
    return Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const stream = MetricsService.trackStreamProgress(Stream.rechunk(Stream.range(1, 25), 4), {
        counter: metrics.rows,
        labels: { table: "jobs" },
        logInterval: 10
      })
      yield* Stream.runDrain(stream)
      yield* Stream.runDrain(stream)
      expect(lines).toEqual([
        "rows_total: 10 so far",
        "rows_total: 20 so far",
        "rows_total: 10 so far",
        "rows_total: 20 so far"
      ])
      expect(yield* Testing.read(metrics.rows, { table: "jobs" })).toBe(50)
    }).pipe(Effect.provide([Testing.layer(), Logger.replace(Logger.defaultLogger, logger)]))
  })
})
