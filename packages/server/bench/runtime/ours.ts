/** `observe/runtime` with its defaults, exported over OTLP. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { RuntimeMetrics } from "@parametric-portal/server/observe/runtime"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { answer } from "./processor-time.ts"

const [, , collector = ""] = process.argv

const telemetry = Telemetry.layer({
  serviceName: "bench",
  destinations: [{ type: "otlp", url: `${collector}/v1/metrics` }],
  interval: "10 seconds"
})

const runtime = ManagedRuntime.make(
  RuntimeMetrics.layer().pipe(Layer.provideMerge(telemetry), Layer.provideMerge(MetricsService.Default))
)
await runtime.runPromise(Effect.void)
answer("")
