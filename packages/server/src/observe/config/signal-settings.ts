/** How traces or logs are exported, from options and variables: where to, and how many may wait. */
import * as Effect from "effect/Effect"
import { OptionsError } from "../instrument/options-error.ts"
import { milliseconds, someOf } from "./format.ts"
import type { SignalOptions } from "./options.ts"
import { type OtlpTarget, otlpTarget } from "./otlp-settings.ts"
import { durationOption } from "./time-limit.ts"
import { type Format, variable } from "./variable.ts"

/** The limits of what waits to be exported. */
export interface QueueSettings {
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  readonly delayMs: number
}

/** Where a signal goes. */
export type ExporterSettings =
  | { readonly exporter: "console" }
  | { readonly exporter: "otlp"; readonly target: OtlpTarget }

/** How one signal is exported. No exporter means that it is not. */
export interface SignalSettings extends QueueSettings {
  readonly exporters: ReadonlyArray<ExporterSettings>
}

/** What the specification calls a signal, and the variables of its queue. */
const signals = {
  TRACES: { option: "traces", queue: "OTEL_BSP", delayMs: 5_000 },
  LOGS: { option: "logs", queue: "OTEL_BLRP", delayMs: 1_000 }
} as const

/** A signal besides metrics. */
export type RecordSignal = keyof typeof signals

/** Every variable is checked, also where an option overrides it. */
export const signalSettings = (
  signal: RecordSignal,
  options?: SignalOptions
): Effect.Effect<SignalSettings, OptionsError> =>
  Effect.gen(function* () {
    const { delayMs: defaultDelayMs, option, queue } = signals[signal]
    const named = yield* variable([`OTEL_${signal}_EXPORTER`], someOf("otlp", "console"))
    const delay = yield* variable([`${queue}_SCHEDULE_DELAY`], milliseconds)
    const exportTimeout = yield* variable([`${queue}_EXPORT_TIMEOUT`], milliseconds)
    const size = yield* variable([`${queue}_MAX_QUEUE_SIZE`], wholeNumber)
    const batch = yield* variable([`${queue}_MAX_EXPORT_BATCH_SIZE`], wholeNumber)
    const given = options ?? {}
    const maxQueueSize = (yield* wholeOption(`maxQueueSize of ${option}`, given.maxQueueSize)) ?? size?.value ?? 2_048
    const maxBatchSize = (yield* wholeOption(`maxBatchSize of ${option}`, given.maxBatchSize)) ?? batch?.value ?? 512
    const delayMs = (yield* durationOption("scheduleDelay", given.scheduleDelay)) ?? delay?.value ?? defaultDelayMs
    // Exports come one after the other, so that none piles up where one takes longer than the delay.
    const limits = { intervalMs: Number.POSITIVE_INFINITY, timeoutMs: 10_000 }
    const mostMs = exportTimeout?.value ?? Number.POSITIVE_INFINITY
    const wanted = wantedExporters(given.exporter) ?? named?.value ?? (options === undefined ? [] : ["otlp" as const])
    const exporters = yield* Effect.forEach(wanted, (exporter): Effect.Effect<ExporterSettings, OptionsError> =>
      exporter === "console"
        ? Effect.succeed({ exporter })
        : Effect.map(otlpTarget(signal, given, limits), (target) => ({
            exporter,
            target: { ...target, timeoutMs: Math.min(target.timeoutMs, mostMs) }
          }))
    )
    return { exporters, maxQueueSize, maxBatchSize: Math.min(maxBatchSize, maxQueueSize), delayMs }
  })

const wantedExporters = (
  exporter: SignalOptions["exporter"]
): ReadonlyArray<ExporterSettings["exporter"]> | undefined =>
  exporter === undefined ? undefined : exporter === "none" ? [] : [exporter]

const wholeNumber: Format<number> = {
  expected: "a whole number of at least 1",
  parse: (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)
}

const wholeOption = (option: string, given: number | undefined): Effect.Effect<number | undefined, OptionsError> =>
  given === undefined || (Number.isInteger(given) && given >= 1)
    ? Effect.succeed(given)
    : OptionsError.of({ option, given: `"${given}"`, expected: wholeNumber.expected })
