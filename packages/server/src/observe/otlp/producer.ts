/**
 * Metrics for an OpenTelemetry `MetricReader` that an application has already: it collects them with its own, as an
 * entry of `metricProducers`. Temporality and sending are the reader's business; values are cumulative.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { MetricsService } from "../metrics.ts"
import { inSlices } from "../collect/pause.ts"
import { loadPeer, unavailable } from "../config/peer.ts"
import { makeRequest } from "./request.ts"
import { noteExporter } from "../collect/exporters.ts"
import { resourceAttributes } from "../config/resource.ts"
import { collectorOf, type Registries } from "../collect/collector.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { OptionsError } from "../instrument/options-error.ts"
import { hrTime } from "../collect/points/point.ts"
import { makeBaselines } from "../collect/points/temporality.ts"
import { makeWireTime } from "./wire-time.ts"

// oxlint-disable-next-line typescript/ban-ts-comment -- in the declarations, where the package may be missing
/** @ts-ignore: an entry of `metricProducers` of a `MetricReader`; `any` where OpenTelemetry's SDK is not installed. */
export type MetricProducer = import("@opentelemetry/sdk-metrics").MetricProducer

/** A producer of everything that a `MetricsService` has. */
export const metricProducer = (
  registries: Registries
): Effect.Effect<MetricProducer, OptionsError | TelemetryPeerMissing, MetricsService> =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    const { collector } = yield* collectorOf(metrics, registries)
    const noted = yield* noteExporter({ kind: "Telemetry.metricProducer", metrics, registries })
    const { resourceFromAttributes } = yield* loadPeer("@opentelemetry/resources", "a metric producer", () =>
      import("@opentelemetry/resources").catch(unavailable)
    )
    const resource = resourceFromAttributes({ ...(yield* resourceAttributes({})) })
    const runtime = yield* Effect.runtime()
    const baselines = makeBaselines("cumulative")
    const time = makeWireTime()
    const collect = Effect.gen(function* () {
      yield* noted
      const builder = makeRequest(baselines, hrTime(yield* time))
      yield* inSlices(collector.collect(yield* Clock.currentTimeNanos), (point) => {
        if (point !== undefined) {
          builder.add(point)
        }
        return true
      })
      return { resourceMetrics: builder.build(resource), errors: [] }
    })
    return { collect: () => Runtime.runPromise(runtime, collect) }
  })
