/** Each wiring that the guide shows, with all three signals: what a worker does as it ends is exported as well. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { collector, ok, type Received } from "../otlp/collector.ts"
import { captureLog } from "../otlp/pipeline.ts"
import { recordsOf, spansOf } from "./recorded.ts"

/** A job, its span and its line. */
const job = (name: string) =>
  MetricsService.pipe(
    Effect.flatMap(({ jobs }) => MetricsService.inc(jobs.completions, { job_type: "drained" })),
    Effect.zipRight(Effect.log(name)),
    Effect.withSpan(name)
  )

/** Does a job as it starts, and one as it ends. */
const worker = Layer.scopedDiscard(
  Effect.zipRight(
    job("at work"),
    Effect.addFinalizer(() => Effect.delay(job("draining"), "20 millis"))
  )
)

const metrics = MetricsService.layer({ registry: "own" })

/** What a program runs in: variables and loggers. */
type Around = Layer.Layer<never>

const built =
  <A, E>(app: Layer.Layer<A, E>) =>
  (around: Around): Effect.Effect<unknown, E> =>
    Effect.scoped(Layer.build(Layer.provide(app, around)))

const provided = {
  "below the worker": built(worker.pipe(Layer.provide(Telemetry.Default), Layer.provide(metrics))),
  "as the guide's first wiring has it": built(
    Layer.mergeAll(worker).pipe(Layer.provide(Telemetry.layer({ traces: {}, logs: {} })), Layer.provide(metrics))
  ),
  "in a managed runtime": (around: Around) => {
    const app = worker.pipe(Layer.provideMerge(Telemetry.Default), Layer.provideMerge(metrics))
    const runtime = ManagedRuntime.make(Layer.provide(app, around))
    return Effect.ensuring(runtime.runtimeEffect, runtime.disposeEffect)
  },
  "in Effect.provide": (around: Around) =>
    Effect.scoped(
      Effect.zipRight(
        Effect.addFinalizer(() => job("draining")),
        job("at work")
      )
    ).pipe(Effect.provide(Telemetry.Default), Effect.provide(metrics), Effect.provide(around))
}

const merged = {
  "beside the worker": built(Layer.mergeAll(worker, Telemetry.Default).pipe(Layer.provide(metrics))),
  "apart from the worker": built(Layer.merge(Layer.provide(worker, metrics), Layer.provide(Telemetry.Default, metrics)))
}

const jobsOf = (requests: ReadonlyArray<Received>) =>
  requests
    .flatMap(({ points }) => points)
    .filter(({ metric }) => metric === "jobs_completed_total")
    .map(({ value }) => value)
    .at(-1)

/** What a program's exports come to. */
const exportedBy = (program: (around: Around) => Effect.Effect<unknown, unknown>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { requests, url } = yield* collector(ok)
      const log = captureLog()
      const variables = new Map([
        ["OTEL_EXPORTER_OTLP_ENDPOINT", new URL("/", url).href],
        ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"],
        ["OTEL_TRACES_EXPORTER", "otlp"],
        ["OTEL_LOGS_EXPORTER", "otlp"]
      ])
      yield* program(Layer.merge(Layer.setConfigProvider(ConfigProvider.fromMap(variables)), log.layer))
      return {
        jobs: jobsOf(requests),
        spans: spansOf(requests).map(({ name }) => name),
        lines: recordsOf(requests)
          .map(({ body }) => body.stringValue ?? "")
          .filter((line) => line === "at work" || line === "draining"),
        warnings: log.lines.filter((line) => line.startsWith("WARN"))
      }
    })
  )

describe("all three signals", () => {
  for (const [place, program] of Object.entries(provided)) {
    it.live(`are exported to the last of them with telemetry ${place}`, () =>
      Effect.gen(function* () {
        expect(yield* exportedBy(program)).toEqual({
          jobs: 2,
          spans: ["at work", "draining"],
          lines: ["at work", "draining"],
          warnings: []
        })
      })
    )
  }

  for (const [place, program] of Object.entries(merged)) {
    it.live(`are said to be missing, but for metrics, with telemetry ${place}`, () =>
      Effect.gen(function* () {
        const { jobs, lines, spans, warnings } = yield* exportedBy(program)
        expect({ jobs, lines, spans }).toEqual({ jobs: 2, lines: [], spans: [] })
        expect(warnings).toHaveLength(2)
      })
    )
  }
})
