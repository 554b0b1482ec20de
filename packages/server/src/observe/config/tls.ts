/** Certificates for the connection to a collector, read from the files that variables name. */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { text } from "./format.ts"
import { TelemetrySettingsError } from "./settings-error.ts"
import { variable } from "./variable.ts"

/** What Node's TLS takes, each absent when no variable names a file. */
export interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** The certificate of the authority, and certificate and key of this client. */
export const readTls: Effect.Effect<Tls, TelemetrySettingsError> = Effect.gen(function* () {
  const ca = yield* fileOf("CERTIFICATE")
  const cert = yield* fileOf("CLIENT_CERTIFICATE")
  const key = yield* fileOf("CLIENT_KEY")
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
})

const fileOf = (name: string): Effect.Effect<Buffer | undefined, TelemetrySettingsError> =>
  Effect.gen(function* () {
    const path = yield* variable([`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`], text)
    return path === undefined
      ? undefined
      : yield* Effect.try({
          try: () => Fs.readFileSync(path.value),
          catch: () =>
            new TelemetrySettingsError({
              setting: path.name,
              value: `"${path.value}"`,
              allowed: "the path of a file in PEM format that can be read"
            })
        })
  })
