/** What is said where nothing was recorded, and what the console shows. */
import { describe, expect, it } from "@effect/vitest"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "../otlp/collector.ts"
import { captureLog } from "../otlp/pipeline.ts"
import { signalsTo, work } from "./recorded.ts"

const job = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.completions, { job_type: "digest" }))

const warnings = (lines: ReadonlyArray<string>) => lines.filter((line) => line.includes("none were recorded"))

describe("telemetry that nothing was recorded through", () => {
  it.live("says so where jobs ran beside it", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* collector(ok)
        const log = captureLog()
        const metrics = MetricsService.layer({ registry: "own" })
        const target = (path: string) => ({ exporter: "otlp", url: new URL(path, url).href }) as const
        const telemetry = Telemetry.layer({
          destinations: [],
          traces: { ...target("/v1/traces"), protocol: "http/json" },
          logs: { ...target("/v1/logs"), protocol: "http/json" }
        })
        const worker = Layer.scopedDiscard(Effect.zipRight(job, Effect.withSpan(Effect.void, "lost")))
        const app = Layer.mergeAll(worker, telemetry).pipe(Layer.provide(metrics))
        yield* Effect.scoped(Layer.build(app)).pipe(Effect.provide(log.layer))
        const said = warnings(log.lines).map((line) => line.slice(0, line.indexOf(" are exported")))
        expect(said.toSorted()).toEqual(["WARN Log records", "WARN Spans"])
      })
    )
  )

  it.live("says nothing where something was recorded, sampled or not, or no job ran", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* collector(ok)
        const log = captureLog()
        const all = Layer.provideMerge(log.layer, signalsTo({ url }, { traces: { sampler: "always_off" } }))
        yield* Effect.provide(Effect.zipRight(job, work(1)), all)
        yield* Effect.provide(Effect.void, Layer.provideMerge(signalsTo({ url }), log.layer))
        expect(warnings(log.lines)).toEqual([])
      })
    )
  )
})

describe("telemetry that is wired", () => {
  it.live("is not said for sure to be wired wrongly where jobs have no spans and log nothing", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* collector(ok)
        const log = captureLog()
        yield* Effect.provide(job, Layer.provideMerge(signalsTo({ url }, { logs: { exporter: "none" } }), log.layer))
        expect(warnings(log.lines)).toEqual([
          "WARN Spans are exported, and none were recorded although jobs ran. If the program has any, provide telemetry " +
            "to the layers that run jobs instead of merging it with them: a tracer and a logger reach only what they are " +
            "provided to"
        ])
      })
    )
  )

  it.live("is not said to be wired wrongly where jobs are traced and log nothing", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* collector(ok)
        const log = captureLog()
        const app = Layer.provideMerge(signalsTo({ url }), log.layer)
        yield* Effect.provide(Effect.withSpan(job, "traced"), app)
        expect(warnings(log.lines)).toEqual([])
      })
    )
  )

  it.live("is not said to be so where there are two layers, and jobs run in one of them", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* collector(ok)
        const log = captureLog()
        const traces = { exporter: "otlp", protocol: "http/json", url: new URL("/v1/traces", url).href } as const
        const telemetry = () => Telemetry.layer({ destinations: [], traces })
        const both = Effect.zipRight(
          Effect.provide(Effect.withSpan(job, "traced"), telemetry()),
          Effect.provide(Effect.void, telemetry())
        )
        yield* Effect.provide(both, Layer.provideMerge(MetricsService.layer({ registry: "own" }), log.layer))
        expect(warnings(log.lines)).toEqual([])
      })
    )
  )
})

describe("the console", () => {
  it.live("shows each span and each line as JSON, at the end and when asked to", () =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      const quiet = yield* Effect.console
      const capturing: Console.Console = { ...quiet, log: (text: string) => Effect.sync(() => shown.push(text)) }
      const telemetry = Telemetry.layer({
        destinations: [],
        traces: { exporter: "console" },
        logs: { exporter: "console" }
      })
      const app = Layer.provideMerge(telemetry, MetricsService.layer({ registry: "own" }))
      yield* work(1).pipe(Effect.provide(app), Effect.withConsole(capturing))
      const ofKey = (key: string) => JSON.parse(shown.find((text) => text.startsWith(`{"${key}"`)) ?? "{}")
      const [span, line] = [ofKey("span"), ofKey("log")]
      expect(span).toMatchObject({ span: "span 0", kind: "internal", status: "ok" })
      expect(line).toMatchObject({ log: "line 0", severity: "INFO", spanId: span.spanId, traceId: span.traceId })
    })
  )

  it.live("is not said to have acknowledged what there was not", () =>
    Effect.gen(function* () {
      const log = captureLog()
      const telemetry = Telemetry.layer({ destinations: [], traces: { exporter: "console" } })
      const app = Layer.provideMerge(telemetry, MetricsService.layer({ registry: "own" }))
      yield* Effect.void.pipe(Effect.provide(app), Effect.provide(log.layer))
      expect(log.lines).toEqual(["INFO The final export of spans to console had nothing left to send"])
    })
  )
})
