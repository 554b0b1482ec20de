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

/** How one signal is exported. */
export type SignalSettings = QueueSettings &
  ({ readonly exporter: "console" } | { readonly exporter: "otlp"; readonly target: OtlpTarget })

/** What the specification calls a signal, and the variables of its queue. */
const signals = {
  TRACES: { option: "traces", queue: "OTEL_BSP", delayMs: 5_000 },
  LOGS: { option: "logs", queue: "OTEL_BLRP", delayMs: 1_000 }
} as const

/** A signal besides metrics. */
export type RecordSignal = keyof typeof signals

/** Nothing where the signal is not exported. Every variable is checked, also where an option overrides it. */
export const signalSettings = (
  signal: RecordSignal,
  options: SignalOptions = {}
): Effect.Effect<SignalSettings | undefined, OptionsError> =>
  Effect.gen(function* () {
    const { delayMs: defaultDelayMs, option, queue } = signals[signal]
    const named = yield* variable([`OTEL_${signal}_EXPORTER`], someOf("otlp", "console"))
    const exporter = options.exporter ?? named?.value[0] ?? "none"
    const delay = yield* variable([`${queue}_SCHEDULE_DELAY`], milliseconds)
    const exportTimeout = yield* variable([`${queue}_EXPORT_TIMEOUT`], milliseconds)
    const size = yield* variable([`${queue}_MAX_QUEUE_SIZE`], wholeNumber)
    const batch = yield* variable([`${queue}_MAX_EXPORT_BATCH_SIZE`], wholeNumber)
    if (exporter === "none") {
      return undefined
    }
    const maxQueueSize = (yield* wholeOption(`maxQueueSize of ${option}`, options.maxQueueSize)) ?? size?.value ?? 2_048
    const maxBatchSize = (yield* wholeOption(`maxBatchSize of ${option}`, options.maxBatchSize)) ?? batch?.value ?? 512
    const delayMs = (yield* durationOption("scheduleDelay", options.scheduleDelay)) ?? delay?.value ?? defaultDelayMs
    const limits = { maxQueueSize, maxBatchSize: Math.min(maxBatchSize, maxQueueSize), delayMs }
    if (exporter === "console") {
      return { exporter, ...limits }
    }
    const timeoutMs = exportTimeout?.value ?? 30_000
    const target = yield* otlpTarget(signal, options, { intervalMs: Math.max(timeoutMs, delayMs), timeoutMs: 10_000 })
    return { exporter, target, ...limits }
  })

const wholeNumber: Format<number> = {
  expected: "a whole number of at least 1",
  parse: (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)
}

const wholeOption = (option: string, given: number | undefined): Effect.Effect<number | undefined, OptionsError> =>
  given === undefined || (Number.isInteger(given) && given >= 1)
    ? Effect.succeed(given)
    : OptionsError.of({ option, given: `"${given}"`, expected: wholeNumber.expected })
