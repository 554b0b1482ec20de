/** The `OTEL_EXPORTER_OTLP_*` variables of one signal: its own win over those of all signals, and headers are merged. */
import * as Effect from "effect/Effect"
import type { OptionsError } from "../instrument/options-error.ts"
import { flag, headers, milliseconds, oneOf, url } from "./format.ts"
import { mergeHeaders } from "./headers.ts"
import type { OtlpTargetOptions } from "./options.ts"
import { loadTls, type Tls, tlsFiles, type TlsFiles } from "./tls.ts"
import { type Format, type Variable, variable } from "./variable.ts"

/** A kind of telemetry, as the variables name it. */
export type Signal = "METRICS" | "TRACES" | "LOGS"

/** What the variables say of one signal. */
export interface OtlpVariables {
  /** The address, the signal's path included. */
  readonly url: URL
  /** Nobody said where to send it: perhaps there is no collector. */
  readonly isAssumed: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: "http/json" | "http/protobuf"
  readonly compression: "none" | "gzip"
  readonly timeout: Variable<number> | undefined
  /** What the files of TLS held at the start. */
  readonly tls: Tls
  /** Where to read it again; absent where no variable names a file. */
  readonly tlsFiles: TlsFiles | undefined
}

/** Reads them; one that is malformed is an error that names it. The key of the client may need a passphrase. */
export const otlpVariables = (
  signal: Signal,
  { clientKeyPassphrase }: Pick<OtlpTargetOptions, "clientKeyPassphrase">
): Effect.Effect<OtlpVariables, OptionsError> =>
  Effect.gen(function* () {
    const names = (name: string) => [`OTEL_EXPORTER_OTLP_${signal}_${name}`, `OTEL_EXPORTER_OTLP_${name}`]
    const either = <A>(name: string, format: Format<A>) => variable(names(name), format)
    const own = yield* variable([`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`], url)
    const base = yield* variable(["OTEL_EXPORTER_OTLP_ENDPOINT"], url)
    const all = yield* variable(["OTEL_EXPORTER_OTLP_HEADERS"], headers)
    const more = yield* variable([`OTEL_EXPORTER_OTLP_${signal}_HEADERS`], headers)
    const protocol = yield* either("PROTOCOL", oneOf("http/json", "http/protobuf"))
    const compression = yield* either("COMPRESSION", oneOf("none", "gzip"))
    const files = yield* tlsFiles(names, clientKeyPassphrase)
    const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
    return {
      url: own?.value ?? signalUrl(base?.value, paths[signal]),
      isAssumed: own === undefined && base === undefined,
      headers: mergeHeaders([...Object.entries(all?.value ?? {}), ...Object.entries(more?.value ?? {})]),
      protocol: protocol?.value ?? "http/protobuf",
      compression: compression?.value ?? "none",
      timeout: yield* either("TIMEOUT", milliseconds),
      // A certificate expires while the variables stay the same: what exports nothing starts all the same.
      tls: files === undefined || disabled?.value === true ? {} : (yield* loadTls(files)).tls,
      tlsFiles: files
    }
  })

const paths = { METRICS: "v1/metrics", TRACES: "v1/traces", LOGS: "v1/logs" } as const satisfies Record<Signal, string>

/** The path of a signal is added to the endpoint of all signals. */
const signalUrl = (base: URL | undefined, path: string): URL => {
  const address = new URL(base ?? "http://localhost:4318")
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/${path}`
  return address
}
