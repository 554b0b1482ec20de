/** The `OTEL_EXPORTER_OTLP_*` variables of one signal: its own win over those of all signals, and headers are merged. */
import * as Effect from "effect/Effect"
import type { OptionsError } from "../instrument/options-error.ts"
import { flag, type HeaderRule, headers, httpHeaders, milliseconds, oneOf, url } from "./format.ts"
import { grpcAddress, grpcMetadata } from "./grpc-format.ts"
import { mergeHeaders } from "./headers.ts"
import type { OtlpTargetOptions } from "./options.ts"
import { loadTls, type Tls, tlsFiles, type TlsFiles } from "./tls.ts"
import { type Format, type Variable, variable } from "./variable.ts"

/** A kind of telemetry, as the variables name it. */
export type Signal = "METRICS" | "TRACES" | "LOGS"

/** What OTLP is spoken over. */
export type Protocol = "grpc" | "http/json" | "http/protobuf"

/** What the variables say of one signal. */
export interface OtlpVariables {
  /** The address, the signal's path included; over gRPC there is none. */
  readonly url: URL
  /** An address of gRPC without a scheme is not encrypted. */
  readonly isInsecure: boolean
  /** Nobody said where to send it: perhaps there is no collector. */
  readonly isAssumed: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: Protocol
  readonly compression: "none" | "gzip"
  readonly timeout: Variable<number> | undefined
  /** What the files of TLS held at the start. */
  readonly tls: Tls
  /** Where to read it again; absent where no variable names a file. */
  readonly tlsFiles: TlsFiles | undefined
}

/**
 * Reads them; one that is malformed is an error that names it. The key of the client may need a passphrase, and what an
 * address and headers may be depends on the protocol.
 */
export const otlpVariables = (
  signal: Signal,
  { clientKeyPassphrase, protocol: wanted }: Pick<OtlpTargetOptions, "clientKeyPassphrase" | "protocol">
): Effect.Effect<OtlpVariables, OptionsError> =>
  Effect.gen(function* () {
    const names = (name: string) => [`OTEL_EXPORTER_OTLP_${signal}_${name}`, `OTEL_EXPORTER_OTLP_${name}`]
    const either = <A>(name: string, format: Format<A>) => variable(names(name), format)
    const named = yield* either("PROTOCOL", oneOf("grpc", "http/json", "http/protobuf"))
    const protocol = wanted ?? named?.value ?? "http/protobuf"
    const insecure = yield* either("INSECURE", flag)
    const format = addressFormat(protocol, insecure?.value ?? false)
    const own = yield* variable([`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`], format)
    // Another signal may have another protocol, whose address this is then.
    const base = yield* variable(["OTEL_EXPORTER_OTLP_ENDPOINT"], own === undefined ? format : grpcAddress(false))
    const headerFormat = headers(headerRules(protocol))
    const all = yield* variable(["OTEL_EXPORTER_OTLP_HEADERS"], headerFormat)
    const more = yield* variable([`OTEL_EXPORTER_OTLP_${signal}_HEADERS`], headerFormat)
    const compression = yield* either("COMPRESSION", oneOf("none", "gzip"))
    const files = yield* tlsFiles(names, clientKeyPassphrase)
    const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
    return {
      isInsecure: insecure?.value ?? false,
      url: own?.value ?? (protocol === "grpc" ? (base?.value ?? new URL(grpcDefault)) : signalUrl(base?.value, signal)),
      isAssumed: own === undefined && base === undefined,
      headers: mergeHeaders([...Object.entries(all?.value ?? {}), ...Object.entries(more?.value ?? {})]),
      protocol,
      compression: compression?.value ?? "none",
      timeout: yield* either("TIMEOUT", milliseconds),
      // A certificate expires while the variables stay the same: what exports nothing starts all the same.
      tls: files === undefined || disabled?.value === true ? {} : (yield* loadTls(files)).tls,
      tlsFiles: files
    }
  })

/** What an address may be. */
export const addressFormat = (protocol: Protocol, isInsecure: boolean): Format<URL> =>
  protocol === "grpc" ? grpcAddress(isInsecure) : url

/** What headers may be. */
export const headerRules = (protocol: Protocol): HeaderRule => (protocol === "grpc" ? grpcMetadata : httpHeaders)

const grpcDefault = "http://localhost:4317"

const paths = { METRICS: "v1/metrics", TRACES: "v1/traces", LOGS: "v1/logs" } as const satisfies Record<Signal, string>

/** The path of a signal is added to the endpoint of all signals. */
const signalUrl = (base: URL | undefined, signal: Signal): URL => {
  const address = new URL(base ?? "http://localhost:4318")
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/${paths[signal]}`
  return address
}
