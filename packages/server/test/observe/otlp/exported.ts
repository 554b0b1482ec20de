/** Telemetry to a collector of the test's own, what it counts there, and what the collector finds of it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import type { Collector, Received } from "./collector.ts"

export const json = { protocol: "http/json" } as const
export const delta = { ...json, temporality: "delta" } as const

/** Telemetry and the metrics that it exports. */
export const to = ({ url }: Collector, otlp: Omit<OtlpOptions, "type"> = json, options: TelemetryOptions = {}) =>
  Layer.provideMerge(
    Telemetry.layer({
      destinations: [{ type: "otlp", url, ...otlp }],
      registries: "own",
      interval: "1 hour",
      shutdownTimeout: "2 seconds",
      ...options
    }),
    MetricsService.layer({ registry: "own", limits: { default: 100_000 } })
  )

/** Counts jobs. */
export const count = (by: number, jobType = "digest") =>
  Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.enqueued, { job_type: jobType }, by))

/** Counts one job of each of so many types. */
export const countEach = (series: number, prefix = "type") =>
  Effect.forEach(
    Array.from({ length: series }, (_, index) => `${prefix}-${index}`),
    (jobType) => count(1, jobType),
    { discard: true }
  )

/** What a request says of the jobs. */
export const enqueued = ({ points }: Received) => points.filter(({ metric }) => metric === "jobs_enqueued_total")

/** Exports; why requests failed. */
export const failuresOf = Effect.map(Telemetry.flush, (reports) => reports.flatMap(({ failures }) => failures))
