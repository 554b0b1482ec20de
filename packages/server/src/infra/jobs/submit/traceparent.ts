/** The span that a job is submitted in, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context/). */
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { AnyFiber } from "../../../observe/instrument/fiber.ts"

/** The `traceparent` of a fiber's span; undefined where there is none, or one that can't be written so. */
export const traceparentOn = (fiber: AnyFiber | undefined): string | undefined => {
  const span = fiber === undefined ? Option.none() : Context.getOption(fiber.currentContext, Tracer.ParentSpan)
  return Option.isSome(span) ? traceparentOf(span.value) : undefined
}

const traceparentOf = ({ sampled, spanId, traceId }: Tracer.AnySpan): string | undefined =>
  traceIds.test(traceId) && spanIds.test(spanId) ? `00-${traceId}-${spanId}-${sampled ? "01" : "00"}` : undefined

const traceIds = /^(?!0{32})[0-9a-f]{32}$/
const spanIds = /^(?!0{16})[0-9a-f]{16}$/
