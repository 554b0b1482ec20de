/** What an address and headers may be over gRPC, by options and by variables. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { httpHeaders } from "../../../src/observe/config/format.ts"
import { grpcMetadata } from "../../../src/observe/config/grpc-format.ts"
import type { OtlpTargetOptions } from "../../../src/observe/config/options.ts"
import { otlpTarget } from "../../../src/observe/config/otlp-settings.ts"
import type { Signal } from "../../../src/observe/config/otlp-variables.ts"

const target = (
  variables: Readonly<Record<string, string>>,
  options: OtlpTargetOptions = {},
  signal: Signal = "METRICS"
) =>
  otlpTarget(signal, options, { intervalMs: 60_000, timeoutMs: undefined }).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
  )

const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }

describe("the address of gRPC", () => {
  it.effect("is port 4317 of this machine unless it is given, and then nobody has spoken of a collector", () =>
    Effect.gen(function* () {
      const { isAssumed, protocol, url } = yield* target(grpc)
      expect({ isAssumed, protocol, url: url.href }).toEqual({
        isAssumed: true,
        protocol: "grpc",
        url: "http://localhost:4317/"
      })
    })
  )

  it.effect.each([
    ["http://collector:4317", "http://collector:4317/"],
    ["https://collector:4317/v1/metrics?key=x#y", "https://collector:4317/"],
    ["collector:4317", "https://collector:4317/"],
    ["collector.observability.svc:4317/", "https://collector.observability.svc:4317/"],
    ["dns:///collector:4317", "https://collector:4317/"],
    ["dns:collector:4317", "https://collector:4317/"],
    ["[::1]:4317", "https://[::1]:4317/"],
    ["127.0.0.1:4317", "https://127.0.0.1:4317/"]
  ] as const)("%s is %s", ([given, href]) =>
    Effect.gen(function* () {
      const own = { ...grpc, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: given }
      expect((yield* target({ ...grpc, OTEL_EXPORTER_OTLP_ENDPOINT: given })).url.href).toBe(href)
      expect((yield* target(own)).url.href).toBe(href)
      expect((yield* target({}, { protocol: "grpc", url: given })).url.href).toBe(href)
    })
  )

  it.effect(
    "without a scheme is encrypted unless a variable says otherwise, and one with a scheme is what that says",
    () =>
      Effect.gen(function* () {
        const all = { ...grpc, OTEL_EXPORTER_OTLP_INSECURE: "true" }
        const own = { ...all, OTEL_EXPORTER_OTLP_METRICS_INSECURE: "false" }
        const at = (address: string, variables: Readonly<Record<string, string>>) =>
          Effect.map(target({ ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: address }), ({ url }) => url.protocol)
        expect(yield* at("collector:4317", all)).toBe("http:")
        expect(yield* at("collector:4317", own)).toBe("https:")
        expect(yield* at("https://collector:4317", all)).toBe("https:")
        expect(yield* at("http://collector:4317", own)).toBe("http:")
      })
  )

  it.effect.each(["collector", "collector:0", "collector:70000", "unix:///run/otlp.sock", "dns://8.8.8.8/c:4317"])(
    "is not %s, which stops the start",
    (given) =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(target({ ...grpc, OTEL_EXPORTER_OTLP_ENDPOINT: given }))
        expect(message).toMatch(
          /^OTEL_EXPORTER_OTLP_ENDPOINT: given .*; expected a URL that begins with http:\/\/ or https:\/\/, or a host and/
        )
      })
  )

  it.effect("is of the signals that have this protocol: the others have addresses of their own", () =>
    Effect.gen(function* () {
      const variables = {
        ...grpc,
        OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/v1/traces"
      }
      const metrics = yield* target(variables)
      const traces = yield* target(variables, {}, "TRACES")
      expect([metrics, traces].map(({ protocol, url }) => [protocol, url.href])).toEqual([
        ["grpc", "https://collector:4317/"],
        ["http/protobuf", "http://collector:4318/v1/traces"]
      ])
      const { message } = yield* Effect.flip(target({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" }))
      expect(message).toContain("expected a URL that begins with http:// or https://.")
    })
  )
})

describe("headers as metadata", () => {
  const sound = [
    ["X-Tenant", "one two"],
    ["a_b.c-d", "~"],
    ["trace-bin", "Ynl0ZXM="],
    ["authorization", "Bearer x"]
  ] as const
  const unsound = [
    ["x!", "HTTP allows it"],
    ["x-tenant", "t\u00e4nant"],
    ["x-tenant", "a\tb"],
    ["trace-bin", "no base64!"],
    ["grpc-timeout", "1S"],
    ["Connection", "close"],
    ["Content-Length", "1"],
    ["Host", "other"]
  ] as const

  it.each(sound)("may be %s: %s", (...header) => {
    expect(grpcMetadata.isSound(header)).toBe(true)
  })

  it.effect.each(unsound)("may not be %s: %s, which stops the start, and is not shown", ([name, value]) =>
    Effect.gen(function* () {
      expect(httpHeaders.isSound([name, value])).toBe(true)
      const option = yield* Effect.flip(target(grpc, { headers: { [name]: value } }))
      expect(option.message).toMatch(
        /^headers of an otlp destination: given \(not shown\); expected over gRPC names of/
      )
      const pairs = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
      const variable = yield* Effect.flip(target({ ...grpc, OTEL_EXPORTER_OTLP_METRICS_HEADERS: pairs }))
      expect(variable.message).toMatch(/^OTEL_EXPORTER_OTLP_METRICS_HEADERS: given \(not shown\); expected name=value/)
    })
  )
})
