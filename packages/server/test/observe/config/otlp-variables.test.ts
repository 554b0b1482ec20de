/** TLS of each signal: its own variables before those of all signals, and the passphrase of its key. */
import { describe, expect, it } from "@effect/vitest"
import { authority, contentsOf } from "@parametric-portal/receivers/authority"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createPrivateKey } from "node:crypto"
import { writeFileSync } from "node:fs"
import type { OtlpTargetOptions } from "../../../src/observe/config/options.ts"
import type { Signal } from "../../../src/observe/config/otlp-variables.ts"
import { otlpTarget } from "../../../src/observe/config/otlp-settings.ts"

const signals: ReadonlyArray<Signal> = ["METRICS", "TRACES", "LOGS"]

const target = (signal: Signal, variables: Readonly<Record<string, string>>, options: OtlpTargetOptions = {}) =>
  otlpTarget(signal, options, { intervalMs: 60_000, timeoutMs: undefined }).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
  )

describe("the files of TLS", () => {
  it.scoped.each(signals)("of %s are those of its own variables, else those of all signals", (signal) =>
    Effect.gen(function* () {
      const own = yield* authority("own")
      const [ofAll, ofSignal] = [own.issue("all"), own.issue("signal")]
      const all = {
        OTEL_EXPORTER_OTLP_CERTIFICATE: own.cert_file,
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: ofAll.cert_file,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: ofAll.key_file
      }
      const ca = contentsOf(own).cert
      expect((yield* target(signal, all)).tls).toEqual({ ca, ...contentsOf(ofAll) })
      const certificate = `OTEL_EXPORTER_OTLP_${signal}_CLIENT_CERTIFICATE`
      const key = `OTEL_EXPORTER_OTLP_${signal}_CLIENT_KEY`
      const both = { ...all, [certificate]: ofSignal.cert_file, [key]: ofSignal.key_file }
      const { tls, tlsFiles } = yield* target(signal, both)
      expect(tls).toEqual({ ca, ...contentsOf(ofSignal) })
      expect(tlsFiles).toEqual({
        authority: { name: "OTEL_EXPORTER_OTLP_CERTIFICATE", value: own.cert_file },
        client: {
          certificate: { name: certificate, value: ofSignal.cert_file },
          key: { name: key, value: ofSignal.key_file },
          passphrase: undefined
        }
      })
      const { message } = yield* Effect.flip(target(signal, { ...all, [key]: ofSignal.key_file }))
      expect(message).toBe(
        `${key}: given "${ofSignal.key_file}"; expected the private key of the first certificate in the file of ` +
          "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE. Use a valid value, or omit it."
      )
    })
  )

  it.scoped.each(signals)("of %s may have an encrypted key, whose passphrase is an option of the signal", (signal) =>
    Effect.gen(function* () {
      const { cert_file, key_file } = (yield* authority("own")).issue("app")
      const plain = createPrivateKey(contentsOf({ cert_file, key_file }).key)
      const locked = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "not to be shown" } as const
      writeFileSync(key_file, plain.export(locked))
      const variables = {
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: cert_file,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: key_file
      }
      for (const clientKeyPassphrase of ["not to be shown", Redacted.make("not to be shown")]) {
        const { tls, ...rest } = yield* target(signal, variables, { clientKeyPassphrase })
        expect(tls.key && createPrivateKey(tls.key).equals(plain)).toBe(true)
        expect(JSON.stringify(rest)).not.toContain("not to be shown")
      }
      const missing = yield* Effect.flip(target(signal, variables))
      expect(missing.message).toMatch(
        /OTLP_CLIENT_KEY: given .* is encrypted; .*OTLP_CLIENT_CERTIFICATE.*clientKeyPassphrase/
      )
      const wrong = yield* Effect.flip(target(signal, variables, { clientKeyPassphrase: "not to be shown either" }))
      expect(wrong.message).toMatch(/that the passphrase in the option clientKeyPassphrase decrypts/)
      expect(missing.message + wrong.message).not.toContain("not to be shown")
    })
  )
})
