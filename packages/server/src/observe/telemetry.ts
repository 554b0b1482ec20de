/**
 * Exports metrics, and reports what was not delivered. `Telemetry.Default` is configured by the standard
 * `OTEL_*` variables, `Telemetry.layer` by options as well. The guide shows where the layer goes.
 *
 * [Wiring telemetry](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/telemetry-wiring.md)
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { MetricsService } from "./metrics.ts"
import type { PrometheusListenError } from "./prometheus/listen.ts"
import { makeConsoleDestination } from "./otlp/console-destination.ts"
import { type Destination, type ExportReport, withoutDefects } from "./collect/destination.ts"
import type { ResourceAttributes, TelemetryOptions } from "./config/options.ts"
import { makeOtlpDestination, type OtlpContext } from "./otlp/otlp-destination.ts"
import { type MetricProducer, metricProducer } from "./otlp/producer.ts"
import { makePrometheusDestination } from "./prometheus/destination.ts"
import { resourceAttributes } from "./config/resource.ts"
import { noteExporter } from "./collect/exporters.ts"
import { makeSelfMetrics } from "./collect/self-metrics.ts"
import { collectorOf } from "./collect/collector.ts"
import { type DestinationSettings, type Settings, settingsOf } from "./config/settings.ts"
import { makeSignals } from "./signals/signals.ts"
import type { TelemetryPeerMissing } from "./config/peer-missing.ts"
import { noteExported } from "./instrument/instances.ts"
import type { OptionsError } from "./instrument/options-error.ts"
import { withSoundClock } from "./instrument/sound-clock.ts"
import { endsOf } from "./otlp/stream.ts"

export { PrometheusListenError } from "./prometheus/listen.ts"
export type { ExportReport } from "./collect/destination.ts"
export type * from "./config/options.ts"
export { TelemetryPeerMissing } from "./config/peer-missing.ts"
export { OptionsError } from "./instrument/options-error.ts"
export type { Temporality } from "./collect/points/temporality.ts"

/** What can go wrong at start-up; nothing can afterwards. */
export type TelemetryError = OptionsError | TelemetryPeerMissing | PrometheusListenError

interface TelemetryShape {
  /** Exports to every destination now; what each of them answered. */
  readonly flush: Effect.Effect<ReadonlyArray<ExportReport & { readonly destination: string }>>
}

interface Made extends TelemetryShape {
  /** The tracer and the logger. */
  readonly recording: Layer.Layer<never>
}

/** Exports the metrics of a {@link MetricsService}, and by default all that is in Effect's global registry. */
export class Telemetry extends Context.Tag("server/Telemetry")<Telemetry, TelemetryShape>() {
  /**
   * Exports as options and variables say, for as long as the layer lives. The last export comes when the
   * `MetricsService` ends, and so after the finalizers of everything that was given it, wherever this layer stands.
   */
  static readonly layer = (options: TelemetryOptions = {}): Layer.Layer<Telemetry, TelemetryError, MetricsService> =>
    Layer.unwrapScoped(
      Effect.map(make(options), ({ flush, recording }) => Layer.merge(Layer.succeed(Telemetry, { flush }), recording))
    )

  /** Configured by the `OTEL_*` variables alone. */
  static readonly Default: Layer.Layer<Telemetry, TelemetryError, MetricsService> = Layer.suspend(() =>
    Telemetry.layer()
  )

  /**
   * For an application that already has an OpenTelemetry `MetricReader`: an entry of its `metricProducers`. Use it
   * instead of `Telemetry.layer`, and make one for all readers. A warning tells you when metrics are exported twice.
   */
  static readonly metricProducer = (
    options: Pick<TelemetryOptions, "registries"> = {}
  ): Effect.Effect<MetricProducer, OptionsError | TelemetryPeerMissing, MetricsService> =>
    metricProducer(options.registries ?? "all")

  /** Exports to every destination now, for tests and short-lived programs. Never fails: the reports say what arrived. */
  static readonly flush = Effect.flatMap(Telemetry, (telemetry) => telemetry.flush)
}

// What is forked here has the sound clock too: one that throws would end the exports.
const make = (options: TelemetryOptions): Effect.Effect<Made, TelemetryError, MetricsService | Scope.Scope> =>
  withSoundClock(makeExports(options))

const makeExports = (options: TelemetryOptions): Effect.Effect<Made, TelemetryError, MetricsService | Scope.Scope> =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    const settings = yield* settingsOf(options)
    const resource = yield* resourceAttributes(options)
    const { shutdownMs } = settings
    const { destinations: records, recording } = yield* makeSignals(options, { metrics, resource, shutdownMs })
    const destinations = yield* makeDestinations(options, { metrics, settings, resource })
    const ends = yield* endsOf(metrics)
    for (const { end, stream } of [...destinations, ...records]) {
      ends.set(stream, withSoundClock(end))
    }
    for (const destination of destinations) {
      yield* Effect.forkScoped(Effect.schedule(destination.export, Schedule.fixed(settings.intervalMs)))
    }
    const flush = Effect.forEach(
      [...destinations, ...records],
      (one) => Effect.map(withSoundClock(one.export), (report) => ({ ...report, destination: one.name })),
      { concurrency: "unbounded" }
    )
    return { flush, recording }
  })

interface DestinationsContext {
  readonly metrics: MetricsService
  readonly settings: Settings
  readonly resource: ResourceAttributes
}

const makeDestinations = (
  { registries = "all" }: TelemetryOptions,
  { metrics, resource, settings }: DestinationsContext
): Effect.Effect<ReadonlyArray<Destination>, TelemetryError, Scope.Scope> =>
  Effect.gen(function* () {
    if (settings.destinations.length === 0) {
      return []
    }
    const { meter } = metrics
    const { collector, dropped } = yield* collectorOf(metrics, registries)
    const selfMetrics = yield* makeSelfMetrics(metrics, dropped)
    const context = { settings, collector, selfMetrics, meter, registries, resource }
    const destinations = yield* Effect.forEach(settings.destinations, (one) =>
      Effect.map(destinationOf(one, context), withoutDefects)
    )
    yield* noteExported(meter)
    // A page or the console is looked at, and is no second export.
    if (settings.destinations.some(({ type }) => type === "otlp")) {
      yield* Effect.flatten(noteExporter({ kind: "Telemetry.layer", metrics, registries }))
    }
    return destinations
  })

const destinationOf = (
  settings: DestinationSettings,
  context: OtlpContext
): Effect.Effect<Destination, TelemetryError, Scope.Scope> => {
  switch (settings.type) {
    case "otlp":
      return makeOtlpDestination(settings, context)
    case "console":
      return Effect.succeed(makeConsoleDestination(context.collector))
    case "prometheus":
      return makePrometheusDestination(settings, context)
  }
}
