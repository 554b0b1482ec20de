/** One OTLP destination of a signal: its address, headers, encoding and time limit, from options and variables. */
import * as Effect from "effect/Effect"
import type { Temporality } from "../collect/points/temporality.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { isHeader, oneOf, url } from "./format.ts"
import { type Header, mergeHeaders } from "./headers.ts"
import type { OtlpOptions, OtlpTargetOptions } from "./options.ts"
import { notShown } from "./shown-address.ts"
import { type OtlpVariables, otlpVariables, type Signal } from "./otlp-variables.ts"
import { durationOption, notAbove } from "./time-limit.ts"
import type { Agent } from "node:http"
import { parsed, type Variable, variable } from "./variable.ts"

/** Where a signal is sent, and how, with nothing left open. */
export interface OtlpTarget extends Omit<OtlpVariables, "timeout"> {
  readonly timeoutMs: number
  /** The longest pause that the receiver may ask for with `Retry-After`. */
  readonly maxRetryAfterMs: number
  readonly maxRequestBytes: number
  readonly agent: Agent | undefined
}

/** An OTLP destination of metrics with nothing left open. */
export interface OtlpSettings extends OtlpTarget {
  readonly type: "otlp"
  readonly temporality: Temporality
}

/** What limits the time of a request: it is no longer than from one export to the next. */
interface TargetLimits {
  readonly intervalMs: number
  readonly timeoutMs: number | undefined
}

/** The settings of one destination of metrics. */
export const otlpSettings = (options: OtlpOptions, limits: TargetLimits): Effect.Effect<OtlpSettings, OptionsError> =>
  Effect.gen(function* () {
    const target = yield* otlpTarget("METRICS", options, limits)
    const temporality = yield* variable(
      ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
      oneOf("cumulative", "delta", "lowmemory")
    )
    yield* variable(["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"], oneOf("explicit_bucket_histogram"))
    return { type: "otlp", ...target, temporality: options.temporality ?? temporality?.value ?? "cumulative" }
  })

/** Where a signal is sent. Options win over variables; headers are merged, without regard to case. */
export const otlpTarget = (
  signal: Signal,
  options: OtlpTargetOptions,
  limits: TargetLimits
): Effect.Effect<OtlpTarget, OptionsError> =>
  Effect.gen(function* () {
    const { timeout, ...variables } = yield* otlpVariables(signal, options)
    return {
      url: options.url === undefined ? variables.url : yield* parsed("url of an otlp destination", options.url, url),
      isAssumed: options.url === undefined && variables.isAssumed,
      headers: mergeHeaders([...Object.entries(variables.headers), ...(yield* headersOf(options))]),
      protocol: options.protocol ?? variables.protocol,
      compression: options.compression ?? variables.compression,
      timeoutMs: yield* timeoutOf(options, { ...limits, timeout }),
      maxRetryAfterMs: (yield* durationOption("maxRetryAfter", options.maxRetryAfter)) ?? 300_000,
      maxRequestBytes: yield* requestBytesOf(options.maxRequestBytes ?? 1_048_576),
      agent: options.agent,
      tls: variables.tls,
      tlsFiles: variables.tlsFiles
    }
  })

const headersOf = ({ headers = {} }: OtlpTargetOptions): Effect.Effect<ReadonlyArray<Header>, OptionsError> => {
  const given = Object.entries(headers)
  return given.every(isHeader)
    ? Effect.succeed(given)
    : OptionsError.of({
        option: "headers of an otlp destination",
        given: notShown,
        expected: "names of letters, digits and !#$%&'*+.^_`|~- with values of visible characters, spaces and tabs"
      })
}

const requestBytesOf = (given: number): Effect.Effect<number, OptionsError> =>
  Number.isInteger(given) && given >= 1
    ? Effect.succeed(given)
    : OptionsError.of({
        option: "maxRequestBytes of an otlp destination",
        given: `"${given}"`,
        expected: "a whole number of at least 1"
      })

interface TimeLimits {
  readonly intervalMs: number
  readonly timeoutMs: number | undefined
  readonly timeout: Variable<number> | undefined
}

const timeoutOf = (
  options: OtlpTargetOptions,
  { intervalMs, timeout, timeoutMs }: TimeLimits
): Effect.Effect<number, OptionsError> =>
  Effect.gen(function* () {
    const option = yield* durationOption("timeout", options.timeout)
    const chosen = option === undefined ? timeout : { name: "timeout of an otlp destination", value: option }
    yield* notAbove(chosen, intervalMs)
    return chosen?.value ?? Math.min(10_000, timeoutMs ?? intervalMs, intervalMs)
  })
