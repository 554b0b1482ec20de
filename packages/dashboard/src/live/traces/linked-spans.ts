/** The spans that a trace has to do with: of the submit and of all attempts of its jobs, and those that are linked. */
import type { LinkedSpan, TraceSpan } from "../../protocol/traces.ts"
import { attributeOf, type Connections, messageOf, type SpanIds } from "./connections.ts"
import { summaryOf } from "./shown.ts"

/** More than this nobody reads. */
const most = 200

/** More are not put in order: a trace may have a hundred thousand links. */
const mostFound = 10_000

/** A trace, as far as its spans go. */
interface Trace {
  readonly traceId: string
  readonly spans: ReadonlyMap<string, TraceSpan>
}

/** Where others are looked up. */
export interface Known {
  readonly traces: ReadonlyMap<string, Trace>
  readonly connections: Connections
}

/** At most two hundred; submits first, and then in the order of time. */
export const linkedSpans = (
  trace: Trace,
  { connections, traces }: Known
): { readonly spans: ReadonlyArray<LinkedSpan>; readonly leftOut: number } => {
  const found = new Map<string, LinkedSpan>()
  const add = (linked: LinkedSpan): void => {
    const key = `${linked.traceId} ${linked.spanId}`
    if (!found.has(key) && found.size < mostFound) {
      found.set(key, linked)
    }
  }
  const addAll = (ids: SpanIds, relationOf: (span: TraceSpan) => Relation | undefined): void => {
    for (const [traceId, spans] of ids) {
      for (const id of spans) {
        const span = traces.get(traceId)?.spans.get(id)
        const relation = span === undefined ? undefined : relationOf(span)
        if (span !== undefined && relation !== undefined) {
          add(shown(traceId, span, relation))
        }
      }
    }
  }
  const own = [...trace.spans.values()]
  for (const message of new Set(own.flatMap((span) => messageOf(span) ?? []))) {
    addAll(connections.withMessage(message), (span) =>
      messageOf(span) === message ? relationOf(span, "to") : undefined
    )
  }
  for (const { kind, links } of own) {
    for (const { attributes, spanId, traceId } of links) {
      const span = traces.get(traceId)?.spans.get(spanId)
      if (traceId !== trace.traceId) {
        add(
          span === undefined
            ? { traceId, spanId, relation: relationOfLink(kind, attributes) }
            : shown(traceId, span, relationOf(span, "to", [{ attributes }]))
        )
      }
    }
  }
  addAll(connections.linkingTo(trace.traceId), (span) => {
    const links = span.links.filter(({ traceId }) => traceId === trace.traceId)
    return links.length === 0 ? undefined : relationOf(span, "from", links)
  })
  // What this trace itself does for a message is said where there is something else to it.
  const isElsewhere = [...found.values()].some(({ traceId }) => traceId !== trace.traceId)
  const spans = isElsewhere ? [...found.values()].sort(inOrder) : []
  return { spans: spans.slice(0, most), leftOut: Math.max(0, spans.length - most) }
}

type Relation = LinkedSpan["relation"]

interface Linking {
  readonly attributes: TraceSpan["attributes"]
}

/** What a link of `@parametric-portal/server` leads to. */
const linkKind = "job.link"

/** What a span is for a message; one of another message, as that of a previous run is, has no part in it. */
const relationOf = (
  { attributes, kind }: TraceSpan,
  otherwise: Relation,
  links: ReadonlyArray<Linking> = []
): Relation => {
  if (links.some((link) => attributeOf(link.attributes, linkKind) === "previous_run")) {
    return otherwise
  }
  if (kind === "producer") {
    return attributeOf(attributes, "messaging.operation.name") === "replay" ? "replay" : "submit"
  }
  return kind === "consumer" ? "attempt" : otherwise
}

const relationsOfLinks: ReadonlyMap<string, Relation> = new Map([
  ["submit", "submit"],
  ["replay", "replay"],
  ["previous_attempt", "attempt"],
  ["previous_run", "to"]
])

/** What a span that is not here is, as far as a link to it says; a message is processed with a link to where it was sent. */
const relationOfLink = (kind: TraceSpan["kind"], attributes: Linking["attributes"]): Relation =>
  relationsOfLinks.get(attributeOf(attributes, linkKind) ?? "") ?? (kind === "consumer" ? "submit" : "to")

const shown = (traceId: string, span: TraceSpan, relation: Relation): LinkedSpan => {
  const attempt = attributeOf(span.attributes, "job.attempt")
  const messageId = attributeOf(span.attributes, "messaging.message.id")
  return {
    traceId,
    spanId: span.spanId,
    relation,
    span: {
      ...summaryOf(span),
      ...(attempt === undefined ? {} : { attempt }),
      ...(messageId === undefined ? {} : { messageId })
    }
  }
}

const inOrder = (a: LinkedSpan, b: LinkedSpan): number =>
  Number(b.relation === "submit") - Number(a.relation === "submit") || startOf(a) - startOf(b)

const startOf = ({ span }: LinkedSpan): number => span?.start ?? 0
