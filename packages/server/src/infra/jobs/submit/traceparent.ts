/** The span that a job is submitted in, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context/). */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** The `traceparent` of the span that runs now; undefined where there is none, or one that can't be written so. */
export const current: Effect.Effect<string | undefined> = Effect.map(Effect.serviceOption(Tracer.ParentSpan), (span) =>
  Option.getOrUndefined(Option.flatMap(span, traceparentOf))
)

const traceparentOf = ({ sampled, spanId, traceId }: Tracer.AnySpan): Option.Option<string> =>
  /^(?!0{32})[0-9a-f]{32}$/.test(traceId) && /^(?!0{16})[0-9a-f]{16}$/.test(spanId)
    ? Option.some(`00-${traceId}-${spanId}-${sampled ? "01" : "00"}`)
    : Option.none()
