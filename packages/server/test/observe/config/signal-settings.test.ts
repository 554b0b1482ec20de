/** The settings of traces and logs: what variables and options come to, and what a malformed one says. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { samplerSettings } from "../../../src/observe/config/sampler-settings.ts"
import { type RecordSignal, signalSettings } from "../../../src/observe/config/signal-settings.ts"
import type { SignalOptions, TracesOptions } from "../../../src/observe/telemetry.ts"

const withVariables = (variables: Record<string, string>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const of = (signal: RecordSignal, variables: Record<string, string>, options?: SignalOptions) =>
  withVariables(variables)(signalSettings(signal, options))

const on = { exporter: "otlp" } as const

describe("the settings of traces and logs", () => {
  it.effect("go nowhere unless a variable or an option asks for them", () =>
    Effect.gen(function* () {
      const exporters = (signal: RecordSignal, named: string, options?: SignalOptions) =>
        Effect.map(of(signal, { [`OTEL_${signal}_EXPORTER`]: named }, options), (settings) =>
          settings.exporters.map(({ exporter }) => exporter)
        )
      expect(yield* exporters("TRACES", "")).toEqual([])
      expect(yield* exporters("LOGS", "none")).toEqual([])
      expect(yield* exporters("LOGS", "none", {})).toEqual([])
      expect(yield* exporters("LOGS", "otlp", { exporter: "none" })).toEqual([])
      expect(yield* exporters("TRACES", "", {})).toEqual(["otlp"])
      expect(yield* exporters("TRACES", "otlp")).toEqual(["otlp"])
      expect(yield* exporters("TRACES", "console", {})).toEqual(["console"])
      expect(yield* exporters("LOGS", "console,otlp")).toEqual(["otlp", "console"])
    })
  )

  it.effect("are those of the specification when nothing else is set", () =>
    Effect.gen(function* () {
      const limits = { maxQueueSize: 2_048, maxBatchSize: 512 }
      const target = { timeoutMs: 10_000, protocol: "http/protobuf", compression: "none", maxRequestBytes: 1_048_576 }
      expect(yield* of("TRACES", {}, on)).toMatchObject({
        ...limits,
        delayMs: 5_000,
        exporters: [{ target: { ...target, url: new URL("http://localhost:4318/v1/traces") } }]
      })
      expect(yield* of("LOGS", {}, on)).toMatchObject({
        ...limits,
        delayMs: 1_000,
        exporters: [{ target: { ...target, url: new URL("http://localhost:4318/v1/logs") } }]
      })
    })
  )

  it.effect("come from the variables of the signal, then of all signals, and options win", () =>
    Effect.gen(function* () {
      const variables = {
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:1/base",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://d:2/x",
        OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=2",
        OTEL_EXPORTER_OTLP_LOGS_HEADERS: "b=3",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "700"
      }
      expect(yield* of("TRACES", variables, on)).toMatchObject({
        exporters: [
          {
            target: {
              url: new URL("http://d:2/x"),
              headers: { a: "1", b: "2" },
              protocol: "http/json",
              compression: "gzip",
              timeoutMs: 10_000
            }
          }
        ]
      })
      expect(yield* of("LOGS", variables, { ...on, compression: "none" })).toMatchObject({
        exporters: [
          {
            target: {
              url: new URL("http://c:1/base/v1/logs"),
              headers: { a: "1", b: "3" },
              protocol: "http/protobuf",
              compression: "none",
              timeoutMs: 700
            }
          }
        ]
      })
    })
  )

  it.effect("of queues come from OTEL_BSP_* and OTEL_BLRP_*, and no batch is larger than a queue", () =>
    Effect.gen(function* () {
      const variables = {
        OTEL_BSP_MAX_QUEUE_SIZE: "100",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "50",
        OTEL_BSP_SCHEDULE_DELAY: "250",
        OTEL_BLRP_MAX_QUEUE_SIZE: "10",
        OTEL_BLRP_SCHEDULE_DELAY: "50"
      }
      expect(yield* of("TRACES", variables, on)).toMatchObject({ maxQueueSize: 100, maxBatchSize: 50, delayMs: 250 })
      expect(yield* of("LOGS", variables, on)).toMatchObject({ maxQueueSize: 10, maxBatchSize: 10, delayMs: 50 })
      const options = { ...on, maxQueueSize: 7, maxBatchSize: 3, scheduleDelay: "1 second" } as const
      expect(yield* of("TRACES", variables, options)).toMatchObject({
        maxQueueSize: 7,
        maxBatchSize: 3,
        delayMs: 1_000
      })
    })
  )

  it.effect("have a timeout of their own, which OTEL_BSP_EXPORT_TIMEOUT and OTEL_BLRP_EXPORT_TIMEOUT bound", () =>
    Effect.gen(function* () {
      const timeout = (signal: RecordSignal, variables: Record<string, string>, options: SignalOptions = on) =>
        Effect.map(of(signal, variables, options), ({ exporters: [one] }) =>
          one?.exporter === "otlp" ? one.target.timeoutMs : undefined
        )
      expect(yield* timeout("TRACES", {})).toBe(10_000)
      expect(yield* timeout("LOGS", {}, { ...on, scheduleDelay: "1 second" })).toBe(10_000)
      expect(yield* timeout("TRACES", { OTEL_EXPORTER_OTLP_TIMEOUT: "45000" })).toBe(45_000)
      expect(yield* timeout("TRACES", { OTEL_BSP_EXPORT_TIMEOUT: "1000" })).toBe(1_000)
      const both = { OTEL_EXPORTER_OTLP_TIMEOUT: "10000", OTEL_BSP_EXPORT_TIMEOUT: "3000" }
      expect(yield* timeout("TRACES", both)).toBe(3_000)
      expect(yield* timeout("LOGS", both)).toBe(10_000)
      expect(yield* timeout("LOGS", { OTEL_BLRP_EXPORT_TIMEOUT: "200" }, { ...on, timeout: "1 minute" })).toBe(200)
    })
  )

  for (const [signal, name, value] of [
    ["TRACES", "OTEL_TRACES_EXPORTER", "zipkin"],
    ["LOGS", "OTEL_LOGS_EXPORTER", "otlp-stdout"],
    ["TRACES", "OTEL_BSP_MAX_QUEUE_SIZE", "0"],
    ["TRACES", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "many"],
    ["TRACES", "OTEL_BSP_EXPORT_TIMEOUT", "1s"],
    ["LOGS", "OTEL_BLRP_SCHEDULE_DELAY", "-1"]
  ] as const) {
    it.effect(`refuse ${name}=${value}, also where nothing is exported`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(of(signal, { [name]: value }, { exporter: "none" }))
        expect(error.message).toContain(name)
        expect(error.message).toContain(value)
      })
    )
  }

  it.effect("refuse options that are no sizes", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(of("LOGS", {}, { ...on, maxQueueSize: 0 }))).message).toContain("maxQueueSize of logs")
      expect((yield* Effect.flip(of("TRACES", {}, { ...on, maxBatchSize: 1.5 }))).message).toContain(
        "maxBatchSize of traces"
      )
    })
  )
})

describe("the sampler", () => {
  const sampler = (variables: Record<string, string>, options: TracesOptions = {}) =>
    withVariables(variables)(samplerSettings(options))

  it.effect("comes from options, then variables, then the specification", () =>
    Effect.gen(function* () {
      expect(yield* sampler({})).toEqual({ sampler: "parentbased_always_on", ratio: 1 })
      const variables = { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }
      expect(yield* sampler(variables)).toEqual({ sampler: "traceidratio", ratio: 0.25 })
      expect(yield* sampler(variables, { sampler: "always_off", samplerRatio: 0 })).toEqual({
        sampler: "always_off",
        ratio: 0
      })
    })
  )

  it.effect("is one of a ratio where an option gives a ratio and nothing names a sampler", () =>
    Effect.gen(function* () {
      const given = { samplerRatio: 0.1 }
      expect(yield* sampler({}, given)).toEqual({ sampler: "parentbased_traceidratio", ratio: 0.1 })
      expect(yield* sampler({ OTEL_TRACES_SAMPLER: "always_on" }, given)).toEqual({ sampler: "always_on", ratio: 0.1 })
      const argument = { OTEL_TRACES_SAMPLER_ARG: "0.5" }
      expect(yield* sampler(argument)).toEqual({ sampler: "parentbased_always_on", ratio: 0.5 })
    })
  )

  for (const [name, value] of [
    ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5"],
    ["OTEL_TRACES_SAMPLER_ARG", "half"],
    ["OTEL_TRACES_SAMPLER_ARG", "-0.1"]
  ] as const) {
    it.effect(`refuses ${name}=${value}`, () =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(sampler({ [name]: value }))
        expect(message).toContain(name)
        expect(message).toContain(value)
      })
    )
  }

  it.effect("refuses a ratio that is none", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(sampler({}, { samplerRatio: Number.NaN }))).message).toContain("samplerRatio")
    })
  )
})
