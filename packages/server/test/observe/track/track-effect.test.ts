import { describe, expect, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as TestClock from "effect/TestClock"
import { MetricsService, type TrackEffectOptions } from "../../../src/observe/metrics.ts"
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
  errors: { name: "call_errors_total", kind: "counter", unit: "{error}", labels: ["route", "type"], help: "Errors." }
} as const

const own = Effect.provide(Testing.layer())

const endings = [
  ["success", Effect.void, `calls_seconds{route="/"}`, undefined],
  ["failure", Effect.fail(new Refused()), `calls_seconds{outcome="failure",route="/"}`, "Refused"],
  ["a failure without a tag", Effect.fail("no"), `calls_seconds{outcome="failure",route="/"}`, "Unknown"],
  ["defect", Effect.die(new TypeError("no")), `calls_seconds{outcome="defect",route="/"}`, "TypeError"],
  ["interruption", Effect.interrupt, `calls_seconds{outcome="interrupted",route="/"}`, undefined]
] as const

/** What three seconds move that end so under `trackEffect`. */
const movedBy = (ending: (typeof endings)[number][1], options: TrackEffectOptions) =>
  Testing.deltaOf(
    Effect.gen(function* () {
      const fiber = yield* Effect.sleep("3 seconds").pipe(
        Effect.zipRight<void, string | Refused, never>(ending),
        MetricsService.trackEffect(options),
        Effect.fork
      )
      yield* TestClock.adjust("3 seconds")
      return yield* Fiber.await(fiber)
    })
  )

describe("trackEffect", () => {
  it.effect.each(endings)("times and counts: %s", ([, ending, duration, type]) =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      expect(yield* movedBy(ending, { ...metrics, labels: MetricsService.label({ route: "/" }) })).toEqual({
        [duration]: { count: 1, sum: 3 },
        ...(type === undefined ? {} : { [`call_errors_total{route="/",type="${type}"}`]: 1 })
      })
    }).pipe(own)
  )

  it.effect.each(endings)(
    "only times without a counter of errors, with labels as a record: %s",
    ([, ending, duration]) =>
      Effect.gen(function* () {
        const metrics = yield* MetricsService.define(rows)
        const delta = yield* movedBy(ending, { duration: metrics.duration, labels: { route: "/" } })
        expect(delta).toEqual({ [duration]: { count: 1, sum: 3 } })
      }).pipe(own)
  )

  it.effect.each(endings)("counts an error as a word of a frequency: %s", ([name, ending, duration, type]) =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const errors = Metric.frequency(`external_words_of_track_effect: ${name}`)
      const delta = yield* movedBy(ending, { duration: metrics.duration, errors, labels: { route: "/" } })
      const { occurrences } = yield* Metric.value(Metric.tagged(errors, "route", "/"))
      expect(delta).toEqual({ [duration]: { count: 1, sum: 3 } })
      expect(Array.from(occurrences)).toEqual(type === undefined ? [] : [[type, 1]])
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

  it.effect("counts it as a word of a frequency", () =>
    Effect.gen(function* () {
      const words = Metric.frequency("external_words_of_track_error")
      yield* MetricsService.trackError(words, { route: "/" }, new Refused())
      yield* MetricsService.trackError(words, { route: "/" }, "no")
      yield* MetricsService.trackError(words, { route: "/" }, new Refused())
      const { occurrences } = yield* Metric.value(Metric.tagged(words, "route", "/"))
      expect(Object.fromEntries(occurrences)).toEqual({ Refused: 2, Unknown: 1 })
    }).pipe(own)
  )
})
