/**
 * Traces and logs, where options or `OTEL_TRACES_EXPORTER` and `OTEL_LOGS_EXPORTER` ask for them: recorded by Effect's
 * tracer and logger, exported as metrics are, with the same resource.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { Destination } from "../collect/destination.ts"
import { flag } from "../config/format.ts"
import type { ResourceAttributes, TelemetryOptions } from "../config/options.ts"
import { loadPeer, unavailable } from "../config/peer.ts"
import { logRecordLimits, spanLimits } from "../config/record-limits.ts"
import { samplerSettings } from "../config/sampler-settings.ts"
import {
  type ExporterSettings,
  type QueueSettings,
  type SignalSettings,
  signalSettings
} from "../config/signal-settings.ts"
import { variable } from "../config/variable.ts"
import { bindForGood, type BoundSeries } from "../instrument/bind.ts"
import type { OptionsError } from "../instrument/options-error.ts"
import type { MetricsService } from "../metrics.ts"
import { makeEncoding } from "../otlp/encoding.ts"
import { type Grpc, loadGrpc } from "../otlp/grpc/load.ts"
import { loadUntraced } from "../otlp/untraced.ts"
import { makeConsoleSink } from "./console-sink.ts"
import { jobsRan } from "./jobs-ran.ts"
import { type Kind, logs, traces } from "./kind.ts"
import { makeOtlpSink } from "./otlp-sink.ts"
import { propagationLayer } from "./propagation.ts"
import { makeRecordExporter } from "./record-exporter.ts"
import type { RecordDrop } from "./record-export.ts"
import type { RecordQueue } from "./record-queue.ts"

/** What records spans and log lines, and where they go. */
export interface Signals {
  /** The tracer and the logger. */
  readonly recording: Layer.Layer<never>
  readonly destinations: ReadonlyArray<Destination>
}

/** What is needed besides the options. */
export interface SignalsContext {
  readonly metrics: MetricsService
  readonly resource: ResourceAttributes
  readonly shutdownMs: number
}

type SignalsError = OptionsError | TelemetryPeerMissing

/** The signals that options and variables ask for. Each variable is checked, also where nothing is exported. */
export const makeSignals = (
  options: Pick<TelemetryOptions, "logs" | "traces">,
  context: SignalsContext
): Effect.Effect<Signals, SignalsError, Scope.Scope> =>
  Effect.gen(function* () {
    const disabled = yield* variable(["OTEL_SDK_DISABLED"], flag)
    const ofTraces = yield* signalSettings("TRACES", options.traces)
    const sampler = yield* samplerSettings(options.traces ?? {})
    const ofSpans = yield* spanLimits
    const ofRecords = yield* logRecordLimits
    const isTraced = ofTraces.exporters.length > 0 && disabled?.value !== true
    const propagation = yield* propagationLayer(isTraced)
    const ofLogs = yield* signalSettings("LOGS", options.logs)
    if (disabled?.value === true) {
      return none
    }
    const found = [
      yield* exported(traces({ ...sampler, limits: ofSpans }), ofTraces, context),
      { recording: propagation, destinations: [] },
      yield* exported(logs(ofRecords), ofLogs, context)
    ]
    return {
      recording: found.map(({ recording }) => recording).reduce((all, one) => Layer.merge(all, one), Layer.empty),
      destinations: found.flatMap(({ destinations }) => destinations)
    }
  })

const none: Signals = { recording: Layer.empty, destinations: [] }

const exported = <A>(
  kind: Kind<A>,
  settings: SignalSettings,
  { metrics, resource: attributes, shutdownMs }: SignalsContext
): Effect.Effect<Signals, TelemetryPeerMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const { isOwn, what } = kind
    if (settings.exporters.length === 0) {
      return none
    }
    const otlp = settings.exporters.find((one) => one.exporter === "otlp")
    const grpc = otlp && (yield* loadGrpc(otlp.target.protocol, kind.neededFor))
    const { resourceFromAttributes } = yield* loadPeer("@opentelemetry/resources", kind.neededFor, () =>
      import("@opentelemetry/resources").catch(unavailable)
    )
    const dropped = droppedBy(kind, metrics)
    metrics.meter.zero(kind.dropped(metrics).row)
    const wiring = wiringOf(metrics)
    const doubt = () => (wiring.isRecorded || !jobsRan(metrics) ? undefined : notRecorded(what))
    const exporters = yield* Effect.forEach(settings.exporters, (exporter) =>
      Effect.flatMap(sinkOf(kind, exporter, { ...settings, dropped, grpc, shutdownMs }), (sink) =>
        makeRecordExporter<A>({
          ...settings,
          what,
          sink,
          tooLate: () => (isOwn ? undefined : metrics.meter.warnOnce(`late ${what}`, recordedLate(what), {})),
          charactersOf: kind.charactersOf,
          overflowed: (records, why) => dropped("queue_full", records, why),
          doubt
        })
      )
    )
    const recorder = {
      seen: () => {
        wiring.isRecorded = true
      },
      add: (record: A) => exporters.forEach(({ add }) => add(record)),
      unreadable: (why: string) => dropped("refused", 1, `it can't be read: ${why}`)
    }
    const resource = resourceFromAttributes({ ...attributes })
    return {
      recording: yield* kind.layer({ resource, recorder }),
      destinations: exporters.map(({ destination }) => destination)
    }
  })

/**
 * Whether anything was recorded through a layer that exports for this service: a program that logs nothing in its spans,
 * or has one layer for its jobs and another one for the rest, is wired all the same.
 */
const wiringOf = (metrics: MetricsService): { isRecorded: boolean } => {
  const found = wirings.get(metrics) ?? { isRecorded: false }
  wirings.set(metrics, found)
  return found
}

const wirings = new WeakMap<MetricsService, { isRecorded: boolean }>()

const notRecorded = (what: string): string =>
  `${what} are exported, and none were recorded although jobs ran. If the program has any, provide telemetry to the ` +
  "layers that run jobs instead of merging it with them: a tracer and a logger reach only what they are provided to"

const recordedLate = (what: string): string =>
  `${what} are lost that are recorded after their final export: what records them goes on after the MetricsService ended`

type Dropped = (reason: RecordDrop, records: number, why: string) => void

interface SinkContext extends QueueSettings {
  readonly dropped: Dropped
  readonly grpc: Grpc | undefined
  readonly shutdownMs: number
}

/** Loads what encodes, and says how records leave a queue. */
const sinkOf = <A>(
  { lineOf, neededFor, serializers, what }: Kind<A>,
  settings: ExporterSettings,
  { dropped, grpc, maxBatchSize, shutdownMs }: SinkContext
) =>
  Effect.gen(function* () {
    if (settings.exporter === "console") {
      return (queue: RecordQueue<A>) => Effect.succeed(makeConsoleSink(queue, lineOf))
    }
    const { target } = settings
    const encoding = yield* makeEncoding({ ...target, neededFor }, serializers)
    const untraced = yield* loadUntraced(neededFor)
    return (queue: RecordQueue<A>) =>
      makeOtlpSink(queue, { what, target: { ...target, grpc, untraced }, encoding, maxBatchSize, shutdownMs, dropped })
  })

/** Counts what is dropped, and says once why. In an outage this is called for nearly everything that is recorded. */
const droppedBy = <A>({ dropped, what }: Kind<A>, metrics: MetricsService): Dropped => {
  const handle = dropped(metrics)
  const series: Readonly<Record<RecordDrop, BoundSeries>> = {
    queue_full: bindForGood(handle, { reason: "queue_full" }),
    rejected: bindForGood(handle, { reason: "rejected" }),
    refused: bindForGood(handle, { reason: "refused" })
  }
  const said = new Set<RecordDrop>()
  return (reason, records, why) => {
    series[reason].record(records)
    if (!said.has(reason)) {
      said.add(reason)
      metrics.meter.warnOnce(`dropped ${what} ${reason}`, `${what} are dropped (${reason}): ${why}`, {})
    }
  }
}
