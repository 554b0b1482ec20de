/**
 * Spans as the tables keep them, and back: the text of W3C Trace Context (https://www.w3.org/TR/trace-context/). What is
 * read is text from outside; what is no span is none.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { attempt } from "../../observe/catalogue/attempt.ts"
import type { AnyFiber } from "../../observe/instrument/fiber.ts"
import { TraceState } from "./trace-state.ts"

/** The text of a span. */
export interface TraceContext {
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

/** The text of a fiber's span; none where there is no span, or one that can't be written so. */
export const traceContextOn = (fiber: AnyFiber | undefined): TraceContext => {
  const span = fiber === undefined ? Option.none() : Context.getOption(fiber.currentContext, Tracer.ParentSpan)
  const traceparent = Option.isNone(span) ? undefined : traceparentOf(span.value)
  return traceparent === undefined || Option.isNone(span)
    ? none
    : { traceparent, tracestate: tracestateOf(span.value)?.serialize() }
}

const none: TraceContext = { traceparent: undefined, tracestate: undefined }

/** The `traceparent` of a span; undefined for one whose ids are no ids of W3C Trace Context. */
export const traceparentOf = ({ sampled, spanId, traceId }: Tracer.AnySpan): string | undefined =>
  traceIds.test(traceId) && spanIds.test(spanId) ? `00-${traceId}-${spanId}-${sampled ? "01" : "00"}` : undefined

/** The span of a text. */
export const spanFrom = ({ traceparent, tracestate }: Partial<TraceContext>): Tracer.ExternalSpan | undefined => {
  const span = Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent })))
  if (span === undefined || traceparentOf(span) === undefined) {
    return undefined
  }
  const state = tracestate === undefined ? undefined : TraceState.parse(tracestate)
  const flagged = Context.make(OtelTraceFlags, span.sampled ? 1 : 0)
  return { ...span, context: state === undefined ? flagged : Context.add(flagged, OtelTraceState, state) }
}

const traceIds = /^(?!0{32})[0-9a-f]{32}$/
const spanIds = /^(?!0{16})[0-9a-f]{16}$/

/**
 * The services of `@effect/opentelemetry/Tracer` by which a span of Effect says what its class has no field for. They
 * are found by their keys, so that jobs need no OpenTelemetry.
 */
const OtelTraceState = Context.GenericTag<{ readonly serialize: () => string }>(
  "@effect/opentelemetry/Tracer/OtelTraceState"
)
const OtelTraceFlags = Context.GenericTag<number>("@effect/opentelemetry/Tracer/OtelTraceFlags")

/** That of the span, or of the nearest one above it in its trace: spans that are made in a process don't repeat it. */
const tracestateOf = (span: Tracer.AnySpan): TraceState | undefined => {
  for (let at: Tracer.AnySpan | undefined = span; at !== undefined; at = parentOf(at)) {
    const found = Context.getOption(at.context, OtelTraceState)
    if (Option.isSome(found)) {
      const text: unknown = attempt(() => found.value.serialize())
      return typeof text === "string" ? TraceState.parse(text) : undefined
    }
  }
  return undefined
}

const parentOf = (span: Tracer.AnySpan): Tracer.AnySpan | undefined =>
  span._tag === "Span" ? Option.getOrUndefined(span.parent) : undefined
