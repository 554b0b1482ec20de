/** Effect's spans as OpenTelemetry's, with the samplers and limits of its SDK, in the queue of an exporter. */
import type { Resource } from "@opentelemetry/resources"
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { loadPeer } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"

const neededFor = "exporting traces"

/** Makes the tracer that Effect's spans go through; `add` is given each sampled span as it ends. */
export const tracerLayer = (
  resource: Resource,
  add: (span: ReadableSpan) => void
): Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing> =>
  Effect.gen(function* () {
    const { BasicTracerProvider } = yield* loadPeer(
      "@opentelemetry/sdk-trace-base",
      neededFor,
      () => import("@opentelemetry/sdk-trace-base")
    )
    const Tracer = yield* loadPeer("@effect/opentelemetry", neededFor, () => import("@effect/opentelemetry/Tracer"))
    const provider = new BasicTracerProvider({ resource, spanProcessors: [into(add)] })
    const tracer = Layer.succeed(Tracer.OtelTracer, provider.getTracer("@effect/opentelemetry"))
    return Layer.provide(Tracer.layerWithoutOtelTracer, tracer)
  })

const sampled = 1

const into = (add: (span: ReadableSpan) => void): SpanProcessor => ({
  onStart: () => {},
  onEnd: (span) => {
    if ((span.spanContext().traceFlags & sampled) === sampled) {
      add(span)
    }
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve()
})
