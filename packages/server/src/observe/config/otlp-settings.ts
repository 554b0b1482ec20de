/** One OTLP destination of a signal: its address, headers, encoding and time limit, from options and variables. */
import * as Effect from "effect/Effect"
import type { Temporality } from "../collect/points/temporality.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { oneOf } from "./format.ts"
import { type Header, mergeHeaders } from "./headers.ts"
import type { OtlpOptions, OtlpTargetOptions } from "./options.ts"
import { notShown } from "./shown-address.ts"
import {
  addressFormat,
  headerRules,
  type OtlpVariables,
  otlpVariables,
  type Protocol,
  type Signal
} from "./otlp-variables.ts"
import { durationOption, notAbove } from "./time-limit.ts"
import type { Agent } from "node:http"
import { parsed, type Variable, variable } from "./variable.ts"

/** Where a signal is sent, and how, with nothing left open. */
export interface OtlpTarget extends Omit<OtlpVariables, "isInsecure" | "timeout"> {
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
    return { type: "otlp", ...target, temporality: options.temporality ?? temporality?.value ?? "cumulative" }
  })

/** Where a signal is sent. Options win over variables; headers are merged, without regard to case. */
export const otlpTarget = (
  signal: Signal,
  options: OtlpTargetOptions,
  limits: TargetLimits
): Effect.Effect<OtlpTarget, OptionsError> =>
  Effect.gen(function* () {
    const { isInsecure, timeout, ...variables } = yield* otlpVariables(signal, options)
    const { protocol } = variables
    const format = addressFormat(protocol, isInsecure)
    return {
      url: options.url === undefined ? variables.url : yield* parsed("url of an otlp destination", options.url, format),
      isAssumed: options.url === undefined && variables.isAssumed,
      headers: mergeHeaders([...Object.entries(variables.headers), ...(yield* headersOf(options, protocol))]),
      protocol,
      compression: options.compression ?? variables.compression,
      timeoutMs: yield* timeoutOf(options, { ...limits, timeout }),
      maxRetryAfterMs: (yield* durationOption("maxRetryAfter", options.maxRetryAfter)) ?? 300_000,
      maxRequestBytes: yield* requestBytesOf(options.maxRequestBytes ?? 1_048_576),
      agent: yield* agentOf(options, protocol),
      tls: variables.tls,
      tlsFiles: variables.tlsFiles
    }
  })

const headersOf = (
  { headers = {} }: OtlpTargetOptions,
  protocol: Protocol
): Effect.Effect<ReadonlyArray<Header>, OptionsError> => {
  const given = Object.entries(headers)
  const { expected, isSound } = headerRules(protocol)
  return given.every(isSound)
    ? Effect.succeed(given)
    : OptionsError.of({
        option: "headers of an otlp destination",
        given: notShown,
        expected: expected.option
      })
}

/** One that is left out would let telemetry go past the proxy that it stands for. */
const agentOf = ({ agent }: OtlpTargetOptions, protocol: Protocol): Effect.Effect<Agent | undefined, OptionsError> =>
  agent === undefined || protocol !== "grpc"
    ? Effect.succeed(agent)
    : OptionsError.of({
        option: "agent of an otlp destination",
        given: "an agent",
        expected: "none where the protocol is grpc, whose connections no agent makes; http/protobuf takes one"
      })

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
