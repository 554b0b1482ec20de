/**
 * Traces and logs, when `OTEL_TRACES_EXPORTER` or `OTEL_LOGS_EXPORTER` asks for them: they are exported by
 * `@effect/opentelemetry`, with the resource of the metrics, and with that library's guarantees.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { flag, someOf } from "../config/format.ts"
import type { ResourceAttributes, TelemetryOptions } from "../config/options.ts"
import { type OtlpVariables, otlpVariables } from "../config/otlp-variables.ts"
import { loadPeer } from "../config/peer.ts"
import { resourceAttributes } from "../config/resource.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { OptionsError } from "../instrument/options-error.ts"
import { variable } from "../config/variable.ts"

/** The tracer and the logger that the variables ask for; an empty layer when they ask for none. */
export const signals = (options: TelemetryOptions): Layer.Layer<never, OptionsError | TelemetryPeerMissing> =>
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
      const layerOf = (to: OtlpVariables, make: typeof tracer | typeof logger) =>
        Layer.provide(
          make({ url: to.url.href, headers: to.headers, resource }),
          to.protocol === "http/json" ? json : protobuf
        )
      return Layer.mergeAll(
        traces === undefined ? Layer.empty : layerOf(traces, tracer),
        logs === undefined ? Layer.empty : layerOf(logs, logger)
      ).pipe(Layer.provide(client))
    })
  )

const signal = (name: "TRACES" | "LOGS"): Effect.Effect<OtlpVariables | undefined, OptionsError> =>
  Effect.flatMap(variable([`OTEL_${name}_EXPORTER`], someOf("otlp")), (exporter) =>
    exporter === undefined || exporter.value.length === 0 ? Effect.succeed(undefined) : otlpVariables(name)
  )

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
