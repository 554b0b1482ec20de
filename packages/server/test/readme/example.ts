import { NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Effect, Layer } from "effect"

const resize = (image: string) =>
  Effect.succeed(`${image}.small`).pipe(
    Effect.delay("20 millis"),
    MetricsService.trackJob({ jobType: "resize", operation: "process", priority: "high" })
  )

const program = Effect.forEach(["a.png", "b.png"], resize, { concurrency: "unbounded" })

const live = Telemetry.Default.pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
