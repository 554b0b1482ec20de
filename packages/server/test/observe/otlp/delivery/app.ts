/**
 * An application in a process of its own, for the delivery matrix: it counts all the time, and ten more in the finalizer
 * of a worker that stands beside telemetry. Everything that it counted it writes to standard output, so that the test
 * knows the truth, also of a process that was killed.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { writeSync } from "node:fs"
import { MetricsService } from "../../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry } from "../../../../src/observe/telemetry.ts"

/** What the application is told, as JSON in its only argument. */
export interface AppOptions {
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs?: number
  readonly shutdownMs: number
  readonly drainMs: number
  /** How many more series there are, for requests that are split. */
  readonly series: number
  /** Ends by itself after so long; otherwise it waits for a signal. */
  readonly endsAfterMs?: number
  readonly otlp: Partial<Omit<OtlpOptions, "type" | "url">>
}

const argument = process.argv[2]
const options: AppOptions = JSON.parse(argument ?? "{}")

/** Written at once: a line that waits in a buffer is lost with the process. */
const say = (line: Readonly<Record<string, unknown>>) =>
  Effect.sync(() => {
    writeSync(1, `${JSON.stringify(line)}\n`)
  })

const Worker = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const completed = yield* MetricsService.series(jobs.completions, { job_type: "matrix" })
    const duration = Metric.taggedWithLabels(jobs.attempts, MetricsService.label({ job_type: "matrix" }))
    let counted = 0
    const count = (by: number) =>
      Effect.zipRight(
        Effect.sync(() => {
          completed.record(by)
          counted += by
        }),
        Effect.zipRight(
          Metric.update(duration, 1),
          Effect.suspend(() => say({ counted }))
        )
      )
    for (let index = 0; index < options.series; index++) {
      const more = yield* MetricsService.series(jobs.enqueued, { job_type: `more-${index}` })
      more.record(1)
    }
    const counting = yield* Effect.forkScoped(Effect.repeat(count(1), Schedule.spaced("20 millis")))
    yield* Effect.addFinalizer(() =>
      Fiber.interrupt(counting).pipe(Effect.zipRight(Effect.sleep(options.drainMs)), Effect.zipRight(count(10)))
    )
  })
)

const App = Layer.mergeAll(
  Worker,
  Telemetry.layer({
    interval: options.intervalMs,
    shutdownTimeout: options.shutdownMs,
    registries: "own",
    destinations: [
      {
        type: "otlp",
        url: options.url,
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
        ...options.otlp
      }
    ]
  })
).pipe(Layer.provide(MetricsService.layer({ registry: "own", limits: { default: 100_000 } })))

const toStandardError = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ logLevel, message }) => {
    writeSync(2, `${logLevel.label} ${String(message)}\n`)
  })
)

const main =
  options.endsAfterMs === undefined
    ? Layer.launch(Layer.provideMerge(Layer.effectDiscard(say({ ready: true })), App))
    : Effect.scoped(
        Effect.zipRight(Layer.build(App), Effect.zipRight(say({ ready: true }), Effect.sleep(options.endsAfterMs)))
      )

NodeRuntime.runMain(Effect.provide(main, toStandardError))
