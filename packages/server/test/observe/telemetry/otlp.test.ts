/** What goes over the wire, decoded by a real receiver with the official schema. */
import { expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"

const telemetryTo = (options: TelemetryOptions = {}) =>
  Layer.unwrapEffect(
    Effect.map(Receiver, ({ url }) =>
      Telemetry.layer({ destinations: [{ type: "otlp", url }], registries: "own", ...options })
    )
  )

const own = MetricsService.layer({ registry: "own" })

it.scopedLive("exports jobs", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver
    yield* Effect.gen(function* () {
      yield* MetricsService.trackJob({ jobType: "digest", operation: "process", enqueuedAt: 0 })(Effect.void)
    }).pipe(Effect.provide(telemetryTo({ serviceName: "s" }).pipe(Layer.provideMerge(own))))
    expect(yield* receiver.faults).toEqual([])
  }).pipe(Effect.provide(Receiver.layer()))
)

it.scopedLive("exports after the finalizers of a worker that stands beside it", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver
    const worker = Layer.scopedDiscard(
      Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        const drain = MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "last" }), 10)
        yield* Effect.addFinalizer(() => Effect.delay(drain, "100 millis"))
      })
    )
    const app = Layer.mergeAll(worker, telemetryTo()).pipe(Layer.provide(own))
    yield* Effect.scoped(Layer.build(app))
    expect((yield* receiver.find("jobs_enqueued_total", { job_type: "last" })).map(({ total }) => total)).toEqual([10])
  }).pipe(Effect.provide(Receiver.layer()))
)
