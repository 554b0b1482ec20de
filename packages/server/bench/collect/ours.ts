/** Ours: a service of its own with histogram series, collected as an OpenTelemetry reader would collect them. */
import * as Effect from "effect/Effect"
import { type BoundSeries, MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { pointsOf, type Collected } from "./points.ts"

/** A way to collect so many histogram series, each with a few values. */
export const ours = (size: number): Promise<Collected> =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const bound: Array<BoundSeries> = []
    for (let index = 0; index < size; index++) {
      const labels = { job_type: `type-${index}`, operation: "process" }
      bound.push(yield* MetricsService.series(jobs.processingSeconds, labels))
    }
    const move = (): void => bound.forEach((series) => series.record(0.05))
    const producer = yield* Telemetry.metricProducer({ registries: "own" })
    return {
      collect: async () => pointsOf((await producer.collect()).resourceMetrics, "jobs_processing_seconds"),
      move
    }
  }).pipe(Effect.provide(MetricsService.layer({ registry: "own", limits: { default: 2 * size } })), Effect.runPromise)
