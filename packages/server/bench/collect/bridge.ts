/** The export bridge of `@effect/opentelemetry`, with as many series of one histogram in Effect's global registry. */
import { Metrics, Resource } from "@effect/opentelemetry"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import { type Collected, pointsOf } from "./points.ts"

/** A way to collect so many histogram series, each with a few values. */
export const bridge = (size: number): Promise<Collected> =>
  Effect.gen(function* () {
    const histogram = Metric.histogram("bridge_seconds", MetricBoundaries.fromIterable([0.01, 0.1, 1, 10, 100, 1000]))
    const tags = Array.from({ length: size }, (_, index) => [
      MetricLabel.make("job_type", `type-${index}`),
      MetricLabel.make("operation", "process")
    ])
    const producer = yield* Metrics.makeProducer
    return {
      collect: async () => pointsOf((await producer.collect()).resourceMetrics, "bridge_seconds"),
      move: () => tags.forEach((one) => histogram.unsafeUpdate(0.05, one))
    }
  }).pipe(Effect.provide(Resource.layer({ serviceName: "bench" })), Effect.runPromise)
