// Counts and times a function, whatever its outcome: success, failure or interruption.
// Run: OTEL_METRICS_EXPORTER=console npx tsx tracked-function.ts
import { NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Data, Effect, Layer } from "effect"

class NotAnImage extends Data.TaggedError("NotAnImage")<{ readonly file: string }> {}

const shrink = (file: string) =>
  file.endsWith(".png")
    ? Effect.delay(Effect.succeed(`small-${file}`), file === "huge.png" ? "1 minute" : "10 millis")
    : new NotAnImage({ file })

/** A failure is counted by its tag, in the label `reason`. The effect keeps its value, its errors and its interruption. */
const resize = (file: string) =>
  shrink(file).pipe(MetricsService.trackJob({ jobType: "resize", operation: "process", priority: "high" }))

const program = Effect.gen(function* () {
  yield* Effect.forEach(["a.png", "b.png"], resize, { concurrency: "unbounded" })
  yield* Effect.exit(resize("c.txt"))
  yield* Effect.timeoutOption(resize("huge.png"), "50 millis")
})

const live = Telemetry.Default.pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
