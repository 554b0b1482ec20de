/** Effect's spans as OpenTelemetry's, with the samplers and limits of its SDK, in the queue of an exporter. */
import type { Resource } from "@opentelemetry/resources"
import type { ReadableSpan, Sampler, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { attempt } from "../catalogue/attempt.ts"
import { loadPeer, unavailable } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { SpanLimits } from "../config/record-limits.ts"
import type { SamplerSettings } from "../config/sampler-settings.ts"
import type { Recorder } from "./recorder.ts"
import { makeSoundSpan } from "./sound-span.ts"
import { hasSoundIds } from "../catalogue/span-ids.ts"

const neededFor = "exporting traces"

type Sdk = typeof import("@opentelemetry/sdk-trace-base")
type EffectSdk = typeof import("@effect/opentelemetry/Tracer")

/** Which traces are recorded, and how much of their spans. */
export interface TracerSettings extends SamplerSettings {
  readonly limits: SpanLimits
}

/** Makes the tracer that Effect's spans go through. The recorder is given each sampled span as it ends. */
export const tracerLayer = (
  { recorder, resource }: { readonly resource: Resource; readonly recorder: Recorder<ReadableSpan> },
  settings: TracerSettings
): Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing> =>
  Effect.gen(function* () {
    const sdk = yield* loadPeer("@opentelemetry/sdk-trace-base", neededFor, () =>
      import("@opentelemetry/sdk-trace-base").catch(unavailable)
    )
    const effectSdk = yield* loadPeer("@effect/opentelemetry", neededFor, () =>
      import("@effect/opentelemetry/Tracer").catch(unavailable)
    )
    const provider = new sdk.BasicTracerProvider({
      resource,
      sampler: samplerOf(sdk, settings),
      spanLimits: settings.limits,
      spanProcessors: [into(recorder)]
    })
    const otel = provider.getTracer("@effect/opentelemetry")
    const tracer = yield* Effect.provideService(effectSdk.make, effectSdk.OtelTracer, otel)
    return Layer.setTracer(soundTracer(tracer, effectSdk, recorder.seen))
  })

/**
 * `@effect/opentelemetry` takes every parent from outside for a sampled one, so that what another process left out would
 * be recorded here, and writes down links whatever their ids are, for which a receiver refuses the whole request.
 */
const soundTracer = (tracer: Tracer.Tracer, { OtelTraceFlags }: EffectSdk, seen: () => void): Tracer.Tracer => {
  const flagged = (span: Tracer.AnySpan): Tracer.AnySpan =>
    span._tag === "ExternalSpan" && !span.sampled && Option.isNone(Context.getOption(span.context, OtelTraceFlags))
      ? { ...span, context: Context.add(span.context, OtelTraceFlags, notSampled) }
      : span
  const soundSpan = makeSoundSpan()
  return Tracer.make({
    span: (...given) => {
      const [name, parent, context, links, ...rest] = given
      seen()
      const withLinks = (all: typeof links): Tracer.Span =>
        tracer.span(name, Option.map(parent, flagged), context, all, ...rest)
      if (links.length === 0) {
        return soundSpan(withLinks(links))
      }
      const sound = links.filter(({ span }) => hasSoundIds(span))
      return soundSpan(attempt(() => withLinks(sound)) ?? withLinks([]))
    },
    context: (execution, fiber) => tracer.context(execution, fiber)
  })
}

const notSampled = 0
const sampled = 1

const into = ({ add }: Recorder<ReadableSpan>): SpanProcessor => ({
  onStart: () => {},
  onEnd: (span) => {
    if ((span.spanContext().traceFlags & sampled) === sampled) {
      add(span)
    }
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve()
})

const samplerOf = (sdk: Sdk, { ratio, sampler }: SamplerSettings): Sampler => {
  const { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } = sdk
  switch (sampler) {
    case "always_on":
      return new AlwaysOnSampler()
    case "always_off":
      return new AlwaysOffSampler()
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio)
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() })
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() })
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
  }
}
