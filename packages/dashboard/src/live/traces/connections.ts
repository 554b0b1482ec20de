/** Which spans have to do with other traces: by their links, and by the ids of messages that they name. */
import type { TraceSpan } from "../../protocol/traces.ts"

/** Spans by the ids of their traces. */
export type SpanIds = ReadonlyMap<string, ReadonlySet<string>>

/** Both ways are looked up; a trace is taken out as a whole. */
export interface Connections {
  /** Adds a span of a trace; that whose place it takes is found no more. */
  readonly add: (traceId: string, span: TraceSpan, before: TraceSpan | undefined) => void
  readonly remove: (traceId: string) => void
  /** The spans of other traces that link to a trace. */
  readonly linkingTo: (traceId: string) => SpanIds
  /** The spans that name a message. */
  readonly withMessage: (message: string) => SpanIds
  readonly clear: () => void
}

/** What being found by one link or message takes, roughly in bytes. */
const entryBytes = 400

/** What a span adds to what is looked up, roughly in bytes. */
export const connectionsSize = (span: TraceSpan): number =>
  (span.links.length + (messageOf(span) === undefined ? 0 : 1)) * entryBytes

/** The message of a span, as a text that tells it apart from those of other systems. */
export const messageOf = ({ attributes }: TraceSpan): string | undefined => {
  const id = attributeOf(attributes, "messaging.message.id") ?? ""
  return id === "" ? undefined : JSON.stringify([attributeOf(attributes, "messaging.system"), id])
}

export const attributeOf = (attributes: TraceSpan["attributes"], name: string): string | undefined =>
  Object.hasOwn(attributes, name) ? attributes[name] : undefined

export const makeConnections = (): Connections => {
  const links = new Index()
  const messages = new Index()
  return {
    add: (traceId, span, before) => {
      if (before !== undefined) {
        linkedTraces(traceId, before).forEach((linked) => links.removeSpan(linked, traceId, before.spanId))
        messagesOf(before).forEach((message) => messages.removeSpan(message, traceId, before.spanId))
      }
      linkedTraces(traceId, span).forEach((linked) => links.add(linked, traceId, span.spanId))
      messagesOf(span).forEach((message) => messages.add(message, traceId, span.spanId))
    },
    remove: (traceId) => {
      links.remove(traceId)
      messages.remove(traceId)
    },
    linkingTo: (traceId) => links.of(traceId),
    withMessage: (message) => messages.of(message),
    clear: () => {
      links.clear()
      messages.clear()
    }
  }
}

/** The other traces that a span links to. */
const linkedTraces = (traceId: string, { links }: TraceSpan): ReadonlySet<string> =>
  new Set(links.map((link) => link.traceId).filter((linked) => linked !== traceId))

const messagesOf = (span: TraceSpan): ReadonlyArray<string> => {
  const message = messageOf(span)
  return message === undefined ? [] : [message]
}

/** Spans by keys, and the keys of each trace. */
class Index {
  private readonly spans = new Map<string, Map<string, Set<string>>>()
  private readonly keys = new Map<string, Set<string>>()

  add(key: string, traceId: string, spanId: string): void {
    const traces = this.spans.get(key) ?? new Map<string, Set<string>>()
    this.spans.set(key, traces.set(traceId, (traces.get(traceId) ?? new Set()).add(spanId)))
    this.keys.set(traceId, (this.keys.get(traceId) ?? new Set()).add(key))
  }

  of(key: string): SpanIds {
    return this.spans.get(key) ?? nothing
  }

  removeSpan(key: string, traceId: string, spanId: string): void {
    const traces = this.spans.get(key)
    const spans = traces?.get(traceId)
    spans?.delete(spanId)
    if (spans?.size === 0) {
      traces?.delete(traceId)
      this.keys.get(traceId)?.delete(key)
    }
    if (traces?.size === 0) {
      this.spans.delete(key)
    }
  }

  remove(traceId: string): void {
    for (const key of this.keys.get(traceId) ?? []) {
      const traces = this.spans.get(key)
      traces?.delete(traceId)
      if (traces?.size === 0) {
        this.spans.delete(key)
      }
    }
    this.keys.delete(traceId)
  }

  clear(): void {
    this.spans.clear()
    this.keys.clear()
  }
}

const nothing: SpanIds = new Map()
