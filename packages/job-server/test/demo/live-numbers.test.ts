import { Receiver } from "@parametric-portal/dashboard/receiver"
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { numbersOf } from "../../src/demo/live-numbers.ts"

it.scopedLive("says what was received of the jobs, added up over types and priorities", () =>
  Effect.gen(function* () {
    const { series, url } = yield* Receiver
    const telemetry = Telemetry.layer({ destinations: [{ type: "otlp", url }], registries: "own" })
    yield* Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* MetricsService.inc(jobs.enqueued, { job_type: "a", operation: "submit" }, 3)
      yield* MetricsService.inc(jobs.enqueued, { job_type: "b", operation: "submit" }, 2)
      yield* MetricsService.inc(jobs.completions, { job_type: "a", operation: "process" }, 2)
      yield* MetricsService.inc(jobs.deadLettered, { job_type: "a", reason: "Bad" })
      yield* MetricsService.gauge(jobs.queueDepth, { job_type: "b", state: "waiting" }, 1)
      yield* MetricsService.gauge(jobs.inFlight, { job_type: "b", operation: "process" }, 1)
      yield* Telemetry.flush
    }).pipe(Effect.provide(Layer.provideMerge(telemetry, MetricsService.layer({ registry: "own" }))))
    expect(numbersOf(yield* series)).toBe("5 jobs accepted, 2 completed, 1 dead-lettered; 1 in the queue, 1 in flight")
  }).pipe(Effect.provide(Receiver.layer()))
)
