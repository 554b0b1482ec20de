// Sends the metrics of a short-lived program over OTLP, and says what arrived.
// Run: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npx tsx short-lived.ts
import { NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Console, Effect, Layer } from "effect"

const backup = Effect.sleep("10 millis").pipe(MetricsService.trackJob({ jobType: "backup", operation: "process" }))

const program = Effect.gen(function* () {
  yield* backup
  // They also leave when the layer ends, with a line in the log. `flush` tells the program.
  for (const { destination, failures, rejected, requests } of yield* Telemetry.flush) {
    yield* Console.log(`${destination}: ${requests} requests, ${rejected} points rejected, ${failures.length} failures`)
  }
})

const live = Telemetry.layer({ serviceName: "backup" }).pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
