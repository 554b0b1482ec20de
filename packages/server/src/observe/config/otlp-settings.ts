/** One OTLP destination: its address, headers, encoding and time limit, from options and variables. */
import * as Effect from "effect/Effect"
import { type Format, parsed, variable } from "./variable.ts"
import { headers, isHeader, milliseconds, oneOf, url } from "./format.ts"
import type { OtlpOptions } from "./options.ts"
import { durationOption, notAbove } from "./time-limit.ts"
import { readTls, type Tls } from "./tls.ts"
import { TelemetrySettingsError } from "./settings-error.ts"
import type { Temporality } from "../collect/points/temporality.ts"

/** An OTLP destination with nothing left open. */
export interface OtlpSettings {
  readonly type: "otlp"
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: "http/json" | "http/protobuf"
  readonly compression: "none" | "gzip"
  readonly temporality: Temporality
  readonly timeoutMs: number
  readonly tls: Tls
}

/** The settings of one destination. The variables of metrics win over those of all signals; headers are merged. */
export const otlpSettings = (
  options: OtlpOptions,
  limits: { readonly intervalMs: number; readonly timeoutMs: number | undefined }
): Effect.Effect<OtlpSettings, TelemetrySettingsError> =>
  Effect.gen(function* () {
    const protocol = yield* either("PROTOCOL", oneOf("http/json", "http/protobuf"))
    const compression = yield* either("COMPRESSION", oneOf("none", "gzip"))
    const temporality = yield* variable(
      ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
      oneOf("cumulative", "delta", "lowmemory")
    )
    yield* variable(["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"], oneOf("explicit_bucket_histogram"))
    return {
      type: "otlp",
      url: yield* urlOf(options),
      headers: yield* headersOf(options),
      protocol: options.protocol ?? protocol?.value ?? "http/json",
      compression: options.compression ?? compression?.value ?? "none",
      temporality: options.temporality ?? temporality?.value ?? "cumulative",
      timeoutMs: yield* timeoutOf(options, limits),
      tls: yield* readTls
    }
  })

const either = <A>(name: string, format: Format<A>) =>
  variable([`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`], format)

const urlOf = (options: OtlpOptions): Effect.Effect<URL, TelemetrySettingsError> =>
  Effect.gen(function* () {
    const own = yield* variable(["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"], url)
    const base = yield* variable(["OTEL_EXPORTER_OTLP_ENDPOINT"], url)
    if (options.url !== undefined) {
      return yield* parsed("the option url of an otlp destination", options.url, url)
    }
    return own?.value ?? signalUrl(base?.value, "v1/metrics")
  })

/** The address of a signal: its path added to the endpoint of all signals. */
export const signalUrl = (base: URL | undefined, path: string): URL => {
  const address = new URL(base ?? "http://localhost:4318")
  address.pathname = `${address.pathname.replace(/\/$/, "")}/${path}`
  return address
}

const headersOf = (options: OtlpOptions): Effect.Effect<Readonly<Record<string, string>>, TelemetrySettingsError> =>
  Effect.gen(function* () {
    const all = yield* variable(["OTEL_EXPORTER_OTLP_HEADERS"], headers)
    const own = yield* variable(["OTEL_EXPORTER_OTLP_METRICS_HEADERS"], headers)
    if (!Object.entries(options.headers ?? {}).every(isHeader)) {
      return yield* new TelemetrySettingsError({
        setting: "the option headers of an otlp destination",
        value: "(not shown)",
        allowed: "names of letters, digits and !#$%&'*+.^_`|~- with values of visible characters, spaces and tabs"
      })
    }
    return { ...all?.value, ...own?.value, ...options.headers }
  })

const timeoutOf = (
  options: OtlpOptions,
  { intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number | undefined }
): Effect.Effect<number, TelemetrySettingsError> =>
  Effect.gen(function* () {
    const given = yield* either("TIMEOUT", milliseconds)
    const option = yield* durationOption("timeout", options.timeout)
    const chosen = option === undefined ? given : { name: "the option timeout of an otlp destination", value: option }
    yield* notAbove(chosen, intervalMs)
    return chosen?.value ?? Math.min(10_000, timeoutMs ?? intervalMs, intervalMs)
  })
