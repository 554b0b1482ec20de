/**
 * Traces and logs, when `OTEL_TRACES_EXPORTER` or `OTEL_LOGS_EXPORTER` asks for them: they are exported by
 * `@effect/opentelemetry`, with the resource of the metrics, and with that library's guarantees.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { flag, headers, oneOf, someOf, url } from "../config/format.ts"
import type { ResourceAttributes, TelemetryOptions } from "../config/options.ts"
import { signalUrl } from "../config/otlp-settings.ts"
import { loadPeer } from "../config/peer.ts"
import { resourceAttributes } from "../config/resource.ts"
import type { TelemetryPeerMissing, TelemetrySettingsError } from "../config/settings-error.ts"
import { variable } from "../config/variable.ts"

/** The tracer and the logger that the variables ask for; an empty layer when they ask for none. */
export const signals = (options: TelemetryOptions): Layer.Layer<never, TelemetrySettingsError | TelemetryPeerMissing> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
      const traces = yield* signal("TRACES")
      const logs = yield* signal("LOGS")
      if (disabled?.value === true || (traces === undefined && logs === undefined)) {
        return Layer.empty
      }
      const { client, json, logger, protobuf, tracer } = yield* exporters
      const resource = resourceOf(yield* resourceAttributes(options))
      const layerOf = (to: Signal, make: typeof tracer | typeof logger) =>
        Layer.provide(
          make({ url: to.url, headers: to.headers, resource }),
          to.protocol === "http/json" ? json : protobuf
        )
      return Layer.mergeAll(
        traces === undefined ? Layer.empty : layerOf(traces, tracer),
        logs === undefined ? Layer.empty : layerOf(logs, logger)
      ).pipe(Layer.provide(client))
    })
  )

interface Signal {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: "http/json" | "http/protobuf"
}

const signal = (name: "TRACES" | "LOGS"): Effect.Effect<Signal | undefined, TelemetrySettingsError> =>
  Effect.gen(function* () {
    const exporter = yield* variable([`OTEL_${name}_EXPORTER`], someOf("otlp"))
    if (exporter === undefined || exporter.value.length === 0) {
      return undefined
    }
    const own = yield* variable([`OTEL_EXPORTER_OTLP_${name}_ENDPOINT`], url)
    const base = yield* variable(["OTEL_EXPORTER_OTLP_ENDPOINT"], url)
    const all = yield* variable(["OTEL_EXPORTER_OTLP_HEADERS"], headers)
    const more = yield* variable([`OTEL_EXPORTER_OTLP_${name}_HEADERS`], headers)
    const protocol = yield* variable(
      [`OTEL_EXPORTER_OTLP_${name}_PROTOCOL`, "OTEL_EXPORTER_OTLP_PROTOCOL"],
      oneOf("http/json", "http/protobuf")
    )
    return {
      url: (own?.value ?? signalUrl(base?.value, name === "TRACES" ? "v1/traces" : "v1/logs")).href,
      headers: { ...all?.value, ...more?.value },
      protocol: protocol?.value ?? "http/json"
    }
  })

const neededFor = "exporting traces or logs"

const exporters = Effect.gen(function* () {
  const opentelemetry = yield* loadPeer("@effect/opentelemetry", neededFor, () =>
    Promise.all([
      import("@effect/opentelemetry/OtlpTracer"),
      import("@effect/opentelemetry/OtlpLogger"),
      import("@effect/opentelemetry/OtlpSerialization")
    ])
  )
  const platform = yield* loadPeer("@effect/platform", neededFor, () => import("@effect/platform/FetchHttpClient"))
  const [tracer, logger, serialization] = opentelemetry
  return {
    tracer: tracer.layer,
    logger: logger.layer,
    json: serialization.layerJson,
    protobuf: serialization.layerProtobuf,
    client: platform.layer
  }
})

const resourceOf = (attributes: ResourceAttributes) => ({
  serviceName: String(attributes["service.name"]),
  ...(attributes["service.version"] === undefined ? {} : { serviceVersion: String(attributes["service.version"]) }),
  attributes: Object.fromEntries(
    Object.entries(attributes).filter(([name]) => name !== "service.name" && name !== "service.version")
  )
})
