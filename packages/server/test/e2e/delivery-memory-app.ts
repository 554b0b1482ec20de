/** An application with 50,000 series and a collector that hangs; it prints how much memory is in use, after a collection of garbage. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"

const [url = "", temporality = "cumulative"] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const series = yield* Effect.forEach(
    Array.from({ length: 50_000 }, (_, index) => index),
    (index) => MetricsService.series(jobs.processingSeconds, { job_type: `type-${index}` })
  )
  const work = Effect.sync(() => series.forEach((one) => one.record(Math.random())))
  const say = Effect.sync(() => {
    globalThis.gc?.()
    process.stdout.write(`${process.memoryUsage().heapUsed}\n`)
  })
  yield* Effect.repeat(Effect.zipRight(work, say), Schedule.spaced("2 seconds"))
})

const telemetry = Telemetry.layer({
  interval: "1 second",
  registries: "own",
  shutdownTimeout: "1 second",
  destinations: [{ type: "otlp", url, temporality: temporality === "delta" ? "delta" : "cumulative" }]
})

void Effect.runPromise(
  Effect.provide(
    program,
    Layer.provideMerge(telemetry, MetricsService.layer({ registry: "own", limits: { default: 100_000 } }))
  )
)
