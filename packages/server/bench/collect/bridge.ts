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
    for (let index = 0; index < size; index++) {
      const tags = [MetricLabel.make("job_type", `type-${index}`), MetricLabel.make("operation", "process")]
      histogram.unsafeUpdate(0.05, tags)
      histogram.unsafeUpdate(5, tags)
    }
    const producer = yield* Metrics.makeProducer
    return { collect: async () => pointsOf((await producer.collect()).resourceMetrics, "bridge_seconds") }
  }).pipe(Effect.provide(Resource.layer({ serviceName: "bench" })), Effect.runPromise)
