// Tests how an application is wired: the layers that it runs with, and a collector that shows what they export.
// Run: npx vitest run testing-wiring.test.ts
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Collector } from "@parametric-portal/server/observe/testing/collector"
import { Effect, Layer } from "effect"

/** What is tested: a service that counts while it runs, and the layers that `main` runs it with. */
const service = MetricsService.trackJob(Effect.void, { jobType: "upload", operation: "process" })

const live = Telemetry.layer({ serviceName: "uploads", registries: "own" }).pipe(
  Layer.provideMerge(MetricsService.layer({ registry: "own" }))
)

it.live("exports the last upload before it ends", () =>
  Effect.gen(function* () {
    const collector = yield* Collector
    yield* Effect.provide(service, live)
    const uploads = yield* collector.latest("jobs_completed_total", { job_type: "upload" })
    expect(uploads?.value).toBe(1)
    expect(uploads?.resource["service.name"]).toBe("uploads")
    expect((yield* collector.requests).map(({ status }) => status)).toEqual([200])
  }).pipe(Effect.provide(Collector.layer))
)
