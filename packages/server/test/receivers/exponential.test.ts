/** What a real Prometheus 3 makes of exponential histograms: native histograms, of which it can tell any quantile. */
import { describe, expect, it } from "@effect/vitest"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Prometheus } from "../../src/observe/prometheus.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import { eventually } from "../support/eventually.ts"

const name = "jobs_processing_seconds"
const values = [0, 0.001, 0.002, 0.004, 0.25, 0.5, 1, 2, 3_000, 7_200]

const recordAll = Effect.flatMap(MetricsService, ({ jobs }) =>
  Effect.forEach(values, (one) =>
    Metric.update(
      Metric.taggedWithLabels(jobs.processingSeconds, MetricsService.label({ job_type: "digest" })),
      Duration.seconds(one)
    )
  )
)

describe("an exponential histogram", () => {
  it.scopedLive.each(["http/json", "http/protobuf"] as const)(
    "is a native one in Prometheus over %s, and one with boundaries on the page",
    (protocol) =>
      Effect.gen(function* () {
        const receiver = yield* prometheus()
        const ask = (expression: string) =>
          Effect.map(
            Effect.promise(() => receiver.query(expression)),
            (found) => found.map(({ value }) => value)
          )
        yield* Effect.gen(function* () {
          yield* recordAll
          const reports = yield* Telemetry.flush
          expect(reports.flatMap(({ failures }) => failures)).toEqual([])
          const count = yield* eventually(ask(`histogram_count(${name})`), (found) => found.length > 0)
          expect(count).toEqual([values.length])
          const [sum = Number.NaN] = yield* ask(`histogram_sum(${name})`)
          expect(sum).toBeCloseTo(
            values.reduce((all, one) => all + one, 0),
            6
          )
          // No boundary of ours is above 300 seconds, so that one with boundaries could not tell this.
          const [most = Number.NaN] = yield* ask(`histogram_quantile(1, ${name})`)
          expect(most).toBeGreaterThanOrEqual(7_200)
          expect(most).toBeLessThan(7_200 * 1.2)
          expect(yield* ask(`{__name__=~"${name}_(bucket|count|sum)"}`)).toEqual([])
          const { url } = yield* Prometheus
          const page = yield* Effect.promise(() => fetch(url).then((response) => response.text()))
          expect(page).toContain(`${name}_bucket{job_type="digest",le="+Inf"} ${values.length}`)
        }).pipe(
          Effect.provide(
            Layer.merge(
              Telemetry.layer({
                destinations: [{ type: "otlp", url: receiver.url, protocol }],
                registries: "own",
                interval: "1 hour"
              }),
              Prometheus.layer({ port: 0, registries: "own" })
            ).pipe(
              Layer.provideMerge(
                MetricsService.layer({ registry: "own", histograms: { metrics: { [name]: "exponential" } } })
              )
            )
          )
        )
      }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})
