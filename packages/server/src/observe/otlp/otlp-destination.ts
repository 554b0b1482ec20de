/** A collector as a destination: periodic exports one after the other, and a last one. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { type ExportContext, exportOnce } from "./export.ts"
import type { Registries } from "../collect/collector.ts"
import type { Destination, ExportReport } from "../collect/destination.ts"
import type { Collector } from "../collect/registries.ts"
import type { SelfMetrics } from "../collect/self-metrics.ts"
import type { ResourceAttributes } from "../config/options.ts"
import type { Settings } from "../config/settings.ts"
import type { Meter } from "../instrument/meter.ts"
import { shownDestination } from "../config/shown-address.ts"
import type { OtlpSettings } from "../config/otlp-settings.ts"
import { makeOutageLog } from "./outage.ts"
import { makePace } from "./pace.ts"
import { loadPeer, unavailable } from "../config/peer.ts"
import { makeEncoding } from "./encoding.ts"
import { jsonWithExemplars, protobufWithExemplars } from "./exemplar-fields.ts"
import { loadGrpc } from "./grpc/load.ts"
import { exportLast } from "./last-export.ts"
import { makeSenderFactory } from "./sender.ts"
import { makeSizeLimit } from "./size-limit.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import { type Stream, streamOf } from "./stream.ts"
import { loadUntraced } from "./untraced.ts"
import { track } from "./under-way.ts"

/** What an OTLP destination needs besides its own settings. */
export interface OtlpContext {
  readonly settings: Settings
  readonly resource: ResourceAttributes
  readonly registries: Registries
  readonly meter: Meter
  readonly collector: Collector
  readonly selfMetrics: SelfMetrics
}

/** A destination with temporality, connections and failures of its own. */
export const makeOtlpDestination = (
  otlp: OtlpSettings,
  { collector, meter, registries, resource: attributes, selfMetrics, settings }: OtlpContext
): Effect.Effect<Destination, TelemetryPeerMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const name = shownDestination(otlp)
    const grpc = yield* loadGrpc(otlp.protocol, "OTLP")
    const { resourceFromAttributes } = yield* loadPeer("@opentelemetry/resources", "OTLP", () =>
      import("@opentelemetry/resources").catch(unavailable)
    )
    const encoding = yield* makeEncoding(
      { ...otlp, neededFor: "OTLP" },
      ({ JsonMetricsSerializer: json, ProtobufMetricsSerializer: protobuf }) => ({
        json: jsonWithExemplars(json),
        protobuf: protobufWithExemplars(protobuf)
      })
    )
    const makeSender = makeSenderFactory({ ...otlp, grpc, untraced: yield* loadUntraced("OTLP") }, encoding.empty)
    const sender = makeSender(otlp.timeoutMs)
    const log = yield* makeOutageLog("Metrics", name)
    const id = JSON.stringify([otlp.url, otlp.headers, otlp.temporality, registries, attributes])
    const stream = streamOf(meter, id, otlp.temporality)
    const { oneAtATime, underWay } = stream
    const resource = resourceFromAttributes({ ...attributes })
    const size = makeSizeLimit(otlp.maxRequestBytes)
    const pace = makePace(settings.maxPoints, size)
    const context: ExportContext = { name, collector, encoding, resource, stream, pace, size, selfMetrics }
    const isEnding = yield* Ref.make(false)
    const isLeft = yield* Ref.make(false)
    const once = Effect.suspend(() => unlessPaused(stream, exportOnce(context, [sender]), selfMetrics)).pipe(
      // What is cut at the end is no outage: the last export says what became of it.
      Effect.tap((report) => Effect.unlessEffect(log(report.failures), Ref.get(isEnding))),
      oneAtATime.withPermits(1)
    )
    // On its own: whoever stops waiting for an export does not stop it, and what it brings is known all the same.
    const regular = Effect.forkDaemon(once).pipe(
      Effect.tap((fiber) => track(underWay, { fiber, sender, isLeft: Ref.get(isLeft) })),
      Effect.flatMap(Fiber.join)
    )
    const { shutdownMs } = settings
    const last = Effect.zipRight(
      Ref.set(isEnding, true),
      exportLast({ context, temporality: otlp.temporality, sender, makeSender, shutdownMs })
    )
    // What is under way as the layer ends goes on; its connections are let go of afterwards.
    const letGo = Effect.forkDaemon(oneAtATime.withPermits(1)(sender.cut("telemetry has ended")))
    yield* Effect.addFinalizer(() => Effect.zipRight(Ref.set(isLeft, true), letGo))
    return { stream: id, name, export: regular, end: last }
  })

/** While the receiver wants to be left alone, an export fails with what it said. */
const unlessPaused = (stream: Stream, one: Effect.Effect<ExportReport>, selfMetrics: SelfMetrics) => {
  const why = stream.paused()
  return why === undefined
    ? one
    : selfMetrics.exported(Effect.succeed({ requests: 0, points: 0, rejected: 0, failures: [why] }))
}
