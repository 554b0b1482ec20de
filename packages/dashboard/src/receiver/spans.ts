/**
 * Reads the spans of a decoded request. A span without valid ids, without times or with a duplicate attribute is rejected,
 * and the others are taken.
 */
import * as Either from "effect/Either"
import { attributesOf } from "./attributes.ts"
import { idBytes, idOf, isZero } from "./ids.ts"
import type { Attributes } from "./model.ts"
import { toBigInt } from "./otlp-schema.ts"
import { Malformed } from "./points.ts"
import { makeProblems, type ReadRecords } from "./record-problems.ts"
import type { SpanEventMessage, SpanLinkMessage, SpanMessage, TracesRequest } from "./record-messages.ts"
import { type Span, type SpanEvent, spanKinds, type SpanLink } from "./records.ts"

/** All spans of a request in their order; a resource with a duplicate attribute rejects the request. */
export const readSpans = (request: TracesRequest): Either.Either<ReadRecords<Span>, Malformed> => {
  const problems = makeProblems<Span>("span")
  for (const { resource: from, scopeSpans } of request.resourceSpans ?? []) {
    const resource = attributesOf(from?.attributes)
    if (typeof resource === "string") {
      return Either.left(new Malformed({ message: `resource: ${resource}` }))
    }
    for (const { spans } of scopeSpans ?? []) {
      for (const message of spans ?? []) {
        problems.take(readSpan(message, resource))
      }
    }
  }
  return Either.right(problems.result())
}

const readSpan = (message: SpanMessage, resource: Attributes): Span | string => {
  const [traceId, spanId] = [idOf(message.traceId, "trace"), idOf(message.spanId, "span")]
  if (traceId === undefined || spanId === undefined) {
    return `its ${traceId === undefined ? "trace" : "span"} id is none`
  }
  const parent = parentOf(message)
  const startTimeUnixNano = toBigInt(message.startTimeUnixNano)
  const endTimeUnixNano = toBigInt(message.endTimeUnixNano)
  if (typeof parent === "string") {
    return parent
  }
  if (startTimeUnixNano === 0n || endTimeUnixNano === 0n) {
    return `it has no ${startTimeUnixNano === 0n ? "start" : "end"} time`
  }
  const attributes = attributesOf(message.attributes)
  const events = each(message.events, readEvent)
  const links = each(message.links, readLink)
  if (typeof attributes === "string") {
    return attributes
  }
  if (typeof events === "string" || typeof links === "string") {
    return typeof events === "string" ? `an event: ${events}` : `a link: ${String(links)}`
  }
  return {
    resource,
    traceId,
    spanId,
    ...parent,
    name: message.name ?? "",
    kind: spanKinds[message.kind ?? 0] ?? "unspecified",
    startTimeUnixNano,
    endTimeUnixNano,
    status: { code: codes[message.status?.code ?? 0] ?? "unset", message: message.status?.message ?? "" },
    attributes,
    events,
    links
  }
}

const codes = ["unset", "ok", "error"] as const

const parentOf = ({ parentSpanId }: SpanMessage): Pick<Span, "parentSpanId"> | string => {
  const bytes = idBytes(parentSpanId)
  // Some senders have zeros where they have none.
  if (isZero(bytes)) {
    return {}
  }
  const id = idOf(bytes, "span")
  return id === undefined ? "the span id of its parent is none" : { parentSpanId: id }
}

const each = <A, B>(
  messages: ReadonlyArray<A> | null | undefined,
  read: (message: A) => B | string
): ReadonlyArray<B> | string => {
  const all: Array<B> = []
  for (const message of messages ?? []) {
    const one = read(message)
    if (typeof one === "string") {
      return one
    }
    all.push(one)
  }
  return all
}

const readEvent = (message: SpanEventMessage): SpanEvent | string => {
  const attributes = attributesOf(message.attributes)
  return typeof attributes === "string"
    ? attributes
    : { timeUnixNano: toBigInt(message.timeUnixNano), name: message.name ?? "", attributes }
}

const readLink = (message: SpanLinkMessage): SpanLink | string => {
  const [traceId, spanId] = [idOf(message.traceId, "trace"), idOf(message.spanId, "span")]
  if (traceId === undefined || spanId === undefined) {
    return `its ${traceId === undefined ? "trace" : "span"} id is none`
  }
  const attributes = attributesOf(message.attributes)
  return typeof attributes === "string" ? attributes : { traceId, spanId, attributes }
}
