import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const own = Effect.provide(Testing.layer())
const submit = MetricsService.trackJob({ jobType: "digest", operation: "submit" })(Effect.void)

describe("snapshot and reset", () => {
  it.effect("gives each test a registry of its own", () =>
    Effect.gen(function* () {
      yield* submit.pipe(own)
      expect(yield* Testing.snapshot.pipe(own)).toEqual({})
    })
  )

  it.effect("tells what moved between two snapshots, and nothing else", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* submit
      const before = yield* Testing.snapshot
      yield* Metric.update(jobs.duration, Duration.seconds(2))
      yield* MetricsService.gauge(jobs.dlqSize, MetricsService.label({ job_type: "digest" }), -3)
      expect(Testing.diff(before, yield* Testing.snapshot)).toEqual({
        jobs_duration_seconds: { count: 1, sum: 2 },
        [`jobs_dlq_size{job_type="digest"}`]: -3
      })
    }).pipe(own)
  )

  it.effect(
    "resets also the counters that are 0 from the beginning, which come again when they are defined again",
    () =>
      Effect.gen(function* () {
        const rows = {
          hits: { name: "hits_total", kind: "counter", unit: "{hit}", labels: [], help: "Requests." }
        } as const
        const { hits } = yield* MetricsService.define(rows)
        const seen = [yield* Testing.total(hits)]
        yield* Testing.reset
        seen.push(yield* Testing.total(hits))
        yield* MetricsService.define(rows)
        seen.push(yield* Testing.total(hits))
        yield* MetricsService.inc(hits, {})
        expect([...seen, yield* Testing.total(hits)]).toEqual([0, undefined, 0, 1])
      }).pipe(own)
  )

  it.effect("resets everything, and what is recorded afterwards counts from 0", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const refuse = MetricsService.inc(jobs.enqueued, MetricsService.label({}), -1)
      yield* submit
      yield* refuse
      yield* Testing.reset
      expect(yield* Testing.snapshot).toEqual({})
      yield* submit
      yield* refuse
      const values = yield* Testing.snapshot
      expect(values[`jobs_enqueued_total{job_type="digest",operation="submit"}`]).toBe(1)
      expect(values[`telemetry_points_dropped_total{reason="negative"}`]).toBe(1)
    }).pipe(own)
  )
})
