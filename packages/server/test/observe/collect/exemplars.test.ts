/** Exemplars of histograms that several registries have, and on the page. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as MetricRegistry from "effect/MetricRegistry"
import * as TestClock from "effect/TestClock"
import { type Exemplar, laterExemplars } from "../../../src/observe/catalogue/exemplar.ts"
import type { Point } from "../../../src/observe/collect/points/point.ts"
import { makeCollector } from "../../../src/observe/collect/registries.ts"
import { record } from "../../../src/observe/instrument/update.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import type { TextFormat } from "../../../src/observe/prometheus/text/negotiate.ts"
import { makeRenderer } from "../../../src/observe/prometheus/text/render.ts"
import { inSpan } from "../../support/sampled.ts"

const name = "jobs_processing_seconds"

const timed = (seconds: number) =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    inSpan(
      Effect.sync(() => record(jobs.processingSeconds, Duration.seconds(seconds), { labels: { job_type: "digest" } }))
    )
  )

const inRegistry = (registry: MetricRegistry.MetricRegistry) => Effect.provide(MetricsService.layer({ registry }))

const pointsOf = (...registries: ReadonlyArray<MetricRegistry.MetricRegistry>): ReadonlyArray<Point> => {
  const collector = makeCollector({ registries, externalStartNanos: 0n, dropped: () => {} })
  return Array.from(collector.collect(10_000_000_000n)).flatMap((step) =>
    step === undefined || step.metric.name !== name ? [] : [step]
  )
}

const textOf = (format: TextFormat, points: ReadonlyArray<Point>): ReadonlyArray<string> => {
  const renderer = makeRenderer(format, () => {})
  return points
    .map((point) => renderer.point(point))
    .join("")
    .split("\n")
}

describe("the exemplars of a histogram", () => {
  it.effect("are behind the counts of their buckets in OpenMetrics, and left out of the Prometheus text format", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      yield* TestClock.setTime(1_520_879_607_789)
      const { span } = yield* timed(0.02).pipe(inRegistry(registry))
      const points = pointsOf(registry)
      const lines = textOf("openmetrics", points)
      expect(lines.filter((line) => line.includes(" # "))).toEqual([
        `${name}_bucket{job_type="digest",le="0.1"} 1 # {trace_id="${span.traceId}",span_id="${span.spanId}"} 0.02 1520879607.789`
      ])
      const [, labels = ""] = /# \{(.*)\}/.exec(lines.find((line) => line.includes(" # ")) ?? "") ?? []
      expect(labels.replaceAll(/[="",]/g, "").length).toBeLessThanOrEqual(128)
      const plain = textOf("text", points)
      expect(plain.filter((line) => line.includes(" # "))).toEqual([])
      expect(plain).toContain(`${name}_bucket{job_type="digest",le="0.1"} 1`)
    })
  )

  it.effect("of several registries are the last ones of each bucket", () =>
    Effect.gen(function* () {
      const [one, other] = [MetricRegistry.make(), MetricRegistry.make()]
      yield* TestClock.setTime(1_000)
      yield* timed(0.02).pipe(inRegistry(one))
      const { span: late } = yield* timed(7).pipe(inRegistry(other))
      yield* TestClock.setTime(2_000)
      const { span: later } = yield* timed(0.03).pipe(inRegistry(other))
      const [merged, ...rest] = pointsOf(one, other)
      expect(rest).toEqual([])
      const found = merged?.type === "distribution" ? (merged.value.exemplars ?? []) : []
      expect(found.filter((exemplar) => exemplar !== undefined)).toEqual([
        { value: 0.03, timeMs: 2_000, span: later },
        { value: 7, timeMs: 1_000, span: late }
      ])
    })
  )

  it("merge to the same in any order", () => {
    const exemplar = FastCheck.option(
      FastCheck.record({ value: FastCheck.double({ noNaN: true }), timeMs: FastCheck.nat() }),
      { nil: undefined }
    )
    const all = FastCheck.option(FastCheck.array<Exemplar | undefined>(exemplar, { minLength: 3, maxLength: 3 }), {
      nil: undefined
    })
    const times = (exemplars: ReturnType<typeof laterExemplars>) => exemplars?.map((one) => one?.timeMs)
    FastCheck.assert(
      FastCheck.property(all, all, all, (one, two, three) => {
        expect(times(laterExemplars(one, two))).toEqual(times(laterExemplars(two, one)))
        expect(times(laterExemplars(laterExemplars(one, two), three))).toEqual(
          times(laterExemplars(one, laterExemplars(two, three)))
        )
      })
    )
  })
})
