/**
 * An application in a process of its own, for the delivery matrix: it counts all the time, and ten more in the finalizer
 * of a worker that stands beside telemetry. A second worker, which is given telemetry, ends a span and logs a line as
 * often. What they did they write to standard output, so that the test knows the truth, also of a process that was killed.
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
import { type OtlpOptions, type SignalOptions, Telemetry } from "../../../../src/observe/telemetry.ts"

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
  /** No span is ended and no line logged unless given. */
  readonly records?: RecordsOptions
  /** How many more spans and lines there are at the start, one after the other. */
  readonly burst?: number
  /** How many characters each span and each line carries besides. */
  readonly padding?: number
  /** How many the first of each carries instead. */
  readonly firstPadding?: number
}

/** How spans and lines are exported, the same for both. */
export interface RecordsOptions extends Omit<SignalOptions, "exporter" | "url" | "agent"> {
  /** What `/v1/traces` and `/v1/logs` are added to; left out, the variables say where to. */
  readonly base?: string
}

const argument = process.argv[2]
const options: AppOptions = JSON.parse(argument ?? "{}")

/** Written at once: a line that waits in a buffer is lost with the process. */
const say = (line: Readonly<Record<string, unknown>>) =>
  Effect.sync(() => {
    writeSync(1, `${JSON.stringify(line)}\n`)
  })

const Counting = Layer.scopedDiscard(
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
    yield* untilEnded(count(1), count(10))
  })
)

/** Again and again, and last in a finalizer that takes its time. */
const untilEnded = (again: Effect.Effect<void>, last: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const running = yield* Effect.forkScoped(Effect.repeat(again, Schedule.spaced("20 millis")))
    yield* Effect.addFinalizer(() =>
      Fiber.interrupt(running).pipe(Effect.zipRight(Effect.sleep(options.drainMs)), Effect.zipRight(last))
    )
  })

const Recording = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { burst = 0, firstPadding, padding = 0 } = options
    let recorded = 0
    // What is numbered is ended and logged.
    const record = Effect.suspend(() => {
      recorded += 1
      const text = textOf(recorded === 1 ? (firstPadding ?? padding) : padding)
      return Effect.logInfo(`line ${recorded}`).pipe(
        Effect.annotateLogs({ text }),
        Effect.withSpan(`span ${recorded}`, { root: true, attributes: { text } })
      )
    }).pipe(Effect.uninterruptible)
    const saying = Effect.suspend(() => say({ recorded }))
    yield* Effect.zipRight(Effect.repeatN(record, burst), saying)
    yield* untilEnded(Effect.zipRight(record, saying), Effect.zipRight(Effect.repeatN(record, 9), saying))
  })
)

/** One of its own for each, as texts of an application are. */
const textOf = (length: number): string => Buffer.alloc(length, "x").toString("latin1")

const { records } = options

const signal = ({ base, ...rest }: RecordsOptions, path: string): SignalOptions => ({
  ...rest,
  exporter: "otlp",
  ...(base === undefined ? {} : { url: `${base}${path}` })
})

const telemetry = Telemetry.layer({
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
  ],
  ...(records === undefined ? {} : { traces: signal(records, "/v1/traces"), logs: signal(records, "/v1/logs") })
})

const App = Layer.mergeAll(
  Counting,
  telemetry,
  records === undefined ? Layer.empty : Layer.provide(Recording, telemetry)
).pipe(Layer.provide(MetricsService.layer({ registry: "own", limits: { default: 100_000 } })))

const toStandardError = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ logLevel, message }) => {
    const text = String(message)
    if (!/^line \d+$/.test(text)) {
      writeSync(2, `${logLevel.label} ${text}\n`)
    }
  })
)

const main =
  options.endsAfterMs === undefined
    ? Layer.launch(Layer.provideMerge(Layer.effectDiscard(say({ ready: true })), App))
    : Effect.scoped(
        Effect.zipRight(Layer.build(App), Effect.zipRight(say({ ready: true }), Effect.sleep(options.endsAfterMs)))
      )

// The pretty logger would take the place of the one that is replaced, and write every line besides.
NodeRuntime.runMain(Effect.provide(main, toStandardError), { disablePrettyLogger: true })
