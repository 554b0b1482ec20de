import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { checkMetrics } from "../../support/promtool.ts"

const own = Effect.provide(Testing.layer())

const recorded = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  yield* MetricsService.inc(jobs.failures, { reason: "Error", job_type: "mail" })
  yield* MetricsService.inc(jobs.completions, { job_type: "mail" }, 2)
  yield* MetricsService.inc(jobs.completions, { priority: "high", job_type: "digest" })
  yield* Metric.update(jobs.duration, Duration.seconds(0.1))
  yield* Metric.update(jobs.duration, Duration.seconds(0.2))
  yield* MetricsService.gauge(jobs.queueOldestAge, { job_type: "mail" }, 1.5)
})

describe("prometheusText", () => {
  it.effect("is sorted by name and labels, and has no noise of floating point", () =>
    Effect.gen(function* () {
      yield* recorded
      expect(yield* Testing.prometheusText()).toMatchInlineSnapshot(`
        "# HELP jobs_completed_total Jobs completed: a process succeeded.
        # TYPE jobs_completed_total counter
        jobs_completed_total{job_type="digest",priority="high"} 1
        jobs_completed_total{job_type="mail"} 2
        # HELP jobs_duration_seconds Time from the first acceptance of a job to its final outcome, including deliberate delay.
        # TYPE jobs_duration_seconds histogram
        jobs_duration_seconds_bucket{le="0.01"} 0
        jobs_duration_seconds_bucket{le="0.1"} 1
        jobs_duration_seconds_bucket{le="1.0"} 2
        jobs_duration_seconds_bucket{le="10.0"} 2
        jobs_duration_seconds_bucket{le="100.0"} 2
        jobs_duration_seconds_bucket{le="1000.0"} 2
        jobs_duration_seconds_bucket{le="+Inf"} 2
        jobs_duration_seconds_sum 0.3
        jobs_duration_seconds_count 2
        # HELP jobs_failed_total Job operations that ended in a failure or a defect, by reason; each failed attempt counts.
        # TYPE jobs_failed_total counter
        jobs_failed_total{job_type="mail",reason="Error"} 1
        # HELP jobs_queue_oldest_age_seconds How long the oldest runnable job has been waiting, 0 when none waits; it rises while no job is taken.
        # TYPE jobs_queue_oldest_age_seconds gauge
        jobs_queue_oldest_age_seconds{job_type="mail"} 1.5
        "
      `)
    }).pipe(own)
  )

  it.live("hides times where the clock is real, and shows them where they are asked for", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* recorded
      const only = [jobs.duration, jobs.queueOldestAge]
      expect(yield* Testing.prometheusText({ only })).toMatchInlineSnapshot(`
        "# HELP jobs_duration_seconds Time from the first acceptance of a job to its final outcome, including deliberate delay.
        # TYPE jobs_duration_seconds histogram
        jobs_duration_seconds_bucket{le="+Inf"} 2
        jobs_duration_seconds_count 2
        # HELP jobs_queue_oldest_age_seconds How long the oldest runnable job has been waiting, 0 when none waits; it rises while no job is taken.
        # TYPE jobs_queue_oldest_age_seconds gauge
        jobs_queue_oldest_age_seconds{job_type="mail"} NaN
        "
      `)
      expect(yield* Testing.prometheusText({ only: [jobs.queueOldestAge], times: "shown" })).toContain("} 1.5\n")
    }).pipe(own)
  )

  it.effect("shows the metrics of others in a registry, and says what it leaves out", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const counter = (name: string, route: string) =>
        MetricKey.tagged(MetricKey.counter(name, { incremental: true, description: "Requests." }), "route", route)
      registry.getCounter(counter("requests", "/b")).update(2)
      registry.getCounter(counter("requests", "/a")).update(1)
      registry.getGauge(MetricKey.gauge("requests_total", { description: "The same name." })).update(7)
      registry.getCounter(MetricKey.counter("effect_fiber_started")).update(1)
      expect(yield* Testing.prometheusText({ registry })).toMatchInlineSnapshot(`
        "# HELP requests_total Requests.
        # TYPE requests_total counter
        requests_total{route="/a"} 1
        requests_total{route="/b"} 2
        # Left out: requests_total: the name requests_total, which it has here, is taken by another metric
        "
      `)
      expect(yield* Testing.prometheusText({ registry, only: ["effect_fiber_started"] })).toMatchInlineSnapshot(`
        "# HELP effect_fiber_started A gauge that says nothing of itself.
        # TYPE effect_fiber_started gauge
        effect_fiber_started 1
        "
      `)
    }).pipe(own)
  )

  it.effect("changes nothing, and leaves out what the library counts of itself", () =>
    Effect.gen(function* () {
      const { jobs, telemetry } = yield* MetricsService
      yield* MetricsService.inc(jobs.completions, { job_type: "mail" }, -1)
      expect(yield* Testing.deltaOf(Testing.prometheusText())).toEqual({})
      expect((yield* Testing.prometheusText()).split("\n").slice(2)).toEqual([
        'jobs_completed_total{job_type="mail"} 0',
        ""
      ])
      expect(yield* Testing.prometheusText({ only: [telemetry.pointsDropped] })).toContain('{reason="negative"} 1\n')
    }).pipe(own)
  )

  it.effect("does not depend on the order in which things were recorded", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(
            FastCheck.tuple(FastCheck.constantFrom("mail", "digest", "resize"), FastCheck.integer({ min: 1, max: 9 }))
          ),
          (events) => {
            const text = (all: typeof events) =>
              Effect.gen(function* () {
                const { jobs } = yield* MetricsService
                for (const [job_type, tenths] of all) {
                  yield* MetricsService.inc(jobs.completions, { job_type })
                  const labelled = Metric.taggedWithLabels(jobs.duration, MetricsService.label({ job_type }))
                  yield* Metric.update(labelled, Duration.millis(tenths * 100))
                }
                return yield* Testing.prometheusText({ times: "shown" })
              }).pipe(own, Effect.runPromise)
            return Promise.all([text(events), text(events.toReversed())]).then(([one, other]) => {
              expect(one).toBe(other)
            })
          }
        ),
        { numRuns: 20 }
      )
    )
  )

  it.effect("is what promtool reads, hidden times included", () =>
    Effect.gen(function* () {
      yield* recorded
      const texts = [yield* Testing.prometheusText(), yield* Testing.prometheusText({ times: "hidden" })]
      expect(texts.map(checkMetrics)).toEqual([[], []])
    }).pipe(own)
  )
})
