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
  const addAll = (ids: SpanIds, relation: LinkedSpan["relation"], isStill: (span: TraceSpan) => boolean): void => {
    for (const [traceId, spans] of ids) {
      for (const id of spans) {
        const span = traces.get(traceId)?.spans.get(id)
        if (span !== undefined && isStill(span)) {
          add(shown(traceId, span, relation))
        }
      }
    }
  }
  const own = [...trace.spans.values()]
  for (const message of new Set(own.flatMap((span) => messageOf(span) ?? []))) {
    addAll(connections.withMessage(message), "to", (span) => messageOf(span) === message)
  }
  for (const { kind, links } of own) {
    for (const { spanId, traceId } of links) {
      const span = traces.get(traceId)?.spans.get(spanId)
      if (traceId !== trace.traceId) {
        const unknown = { traceId, spanId, relation: kind === "consumer" ? "submit" : "to" } as const
        add(span === undefined ? unknown : shown(traceId, span, "to"))
      }
    }
  }
  addAll(connections.linkingTo(trace.traceId), "from", ({ links }) =>
    links.some(({ traceId }) => traceId === trace.traceId)
  )
  // What this trace itself does for a message is said where there is something else to it.
  const isElsewhere = [...found.values()].some(({ traceId }) => traceId !== trace.traceId)
  const spans = isElsewhere ? [...found.values()].sort(inOrder) : []
  return { spans: spans.slice(0, most), leftOut: Math.max(0, spans.length - most) }
}

const shown = (traceId: string, span: TraceSpan, otherwise: LinkedSpan["relation"]): LinkedSpan => {
  const attempt = attributeOf(span.attributes, "job.attempt")
  const messageId = attributeOf(span.attributes, "messaging.message.id")
  return {
    traceId,
    spanId: span.spanId,
    relation: span.kind === "producer" ? "submit" : span.kind === "consumer" ? "attempt" : otherwise,
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
