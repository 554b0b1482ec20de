/** OpenTelemetry's SDK with as many series of one histogram. */
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { type Collected, pointsOf } from "./points.ts"
import { Reader } from "../../test/support/sdk-reader.ts"

/** A way to collect so many histogram series, each with a few values. */
export const otelSdk = (size: number): Collected => {
  const reader = new Reader({ cardinalitySelector: () => 2 * size })
  const histogram = new MeterProvider({ readers: [reader] })
    .getMeter("bench")
    .createHistogram("processing", { unit: "s", advice: { explicitBucketBoundaries: [0.01, 0.1, 1, 10, 100, 1000] } })
  const attributes = Array.from({ length: size }, (_, index) => ({ job_type: `type-${index}`, operation: "process" }))
  return {
    collect: async () => pointsOf((await reader.collect()).resourceMetrics, "processing"),
    move: () => attributes.forEach((one) => histogram.record(0.05, one))
  }
}
