/** Everything that telemetry needs to know, checked: options first, `OTEL_*` variables second, defaults last. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import { flag, milliseconds, port, someOf, text } from "./format.ts"
import type { DestinationOptions, PrometheusOptions, TelemetryOptions } from "./options.ts"
import { type OtlpSettings, otlpSettings } from "./otlp-settings.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { durationOption, notAbove } from "./time-limit.ts"
import { parsed, variable } from "./variable.ts"

/** Where a Prometheus server may scrape. */
export interface PrometheusSettings {
  readonly type: "prometheus"
  readonly host: string
  readonly port: number
  readonly names?: ReadonlyArray<string>
}

/** A destination with nothing left open. */
export type DestinationSettings = OtlpSettings | PrometheusSettings | { readonly type: "console" }

/** How to export. No destination means that nothing is exported. */
export interface Settings {
  readonly destinations: ReadonlyArray<DestinationSettings>
  readonly intervalMs: number
  readonly shutdownMs: number
  readonly maxPoints: number
}

/** The settings that options and variables come to. Every variable is checked, also where an option overrides it. */
export const settingsOf = (options: TelemetryOptions): Effect.Effect<Settings, OptionsError> =>
  Effect.gen(function* () {
    const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
    const interval = yield* variable(["OTEL_METRIC_EXPORT_INTERVAL"], milliseconds)
    const intervalMs =
      (yield* durationOption("interval", options.interval)) ?? interval?.value ?? Duration.toMillis("60 seconds")
    const exportTimeout = yield* variable(["OTEL_METRIC_EXPORT_TIMEOUT"], milliseconds)
    yield* notAbove(exportTimeout, intervalMs)
    const wanted = options.destinations ?? (yield* exporters)
    const limits = { intervalMs, timeoutMs: exportTimeout?.value }
    const destinations = yield* Effect.forEach(wanted, (one) => destinationSettings(one, limits))
    return {
      destinations: disabled?.value === true ? [] : destinations,
      intervalMs,
      shutdownMs: (yield* durationOption("shutdownTimeout", options.shutdownTimeout)) ?? Duration.toMillis("5 seconds"),
      maxPoints: yield* maxPointsOf(options.maxPoints ?? 5_000)
    }
  })

const exporters: Effect.Effect<ReadonlyArray<DestinationOptions>, OptionsError> = Effect.map(
  variable(["OTEL_METRICS_EXPORTER"], someOf("otlp", "prometheus", "console")),
  (given) => (given === undefined ? [{ type: "otlp" }] : given.value.map((type) => ({ type })))
)

const destinationSettings = (
  options: DestinationOptions,
  limits: { readonly intervalMs: number; readonly timeoutMs: number | undefined }
): Effect.Effect<DestinationSettings, OptionsError> => {
  switch (options.type) {
    case "otlp":
      return otlpSettings(options, limits)
    case "prometheus":
      return prometheusSettings(options)
    case "console":
      return Effect.succeed({ type: "console" })
    default:
      return unknownType(options)
  }
}

const unknownType = (given: never): Effect.Effect<never, OptionsError> =>
  OptionsError.of({
    option: "destinations of Telemetry.layer",
    given: Inspectable.toStringUnknown(given, 0).slice(0, 100),
    expected: '{ type: "otlp" }, { type: "prometheus" } or { type: "console" }'
  })

const prometheusSettings = (options: PrometheusOptions): Effect.Effect<PrometheusSettings, OptionsError> =>
  Effect.gen(function* () {
    const hostVariable = yield* variable(["OTEL_EXPORTER_PROMETHEUS_HOST"], text)
    const portVariable = yield* variable(["OTEL_EXPORTER_PROMETHEUS_PORT"], port)
    return {
      type: "prometheus",
      host: options.host ?? hostVariable?.value ?? "localhost",
      port: (yield* portOption(options.port)) ?? portVariable?.value ?? 9464,
      ...(options.names === undefined ? {} : { names: options.names })
    }
  })

const portOption = (given: number | undefined): Effect.Effect<number | undefined, OptionsError> =>
  given === undefined ? Effect.succeed(undefined) : parsed("port of a prometheus destination", String(given), port)

const maxPointsOf = (given: number): Effect.Effect<number, OptionsError> =>
  Number.isInteger(given) && given >= 1
    ? Effect.succeed(given)
    : OptionsError.of({
        option: "maxPoints of Telemetry.layer",
        given: `"${given}"`,
        expected: "a whole number of at least 1"
      })
