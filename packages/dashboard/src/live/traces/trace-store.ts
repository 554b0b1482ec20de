/**
 * The traces that pages may ask for: spans and log records by trace id. A trace is kept until nothing of it has arrived for
 * 15 minutes. Where there is no room for all, those go first of which nothing has arrived for the longest time, as a whole;
 * of a trace that is too large itself, what comes later is left out.
 */
import type { TraceDetail, TraceList, TraceLog, TraceSpan, TraceSummary } from "../../protocol/traces.ts"
import type { LogRecord, Records, Span } from "../../receiver/records.ts"
import { connectionsSize, makeConnections } from "./connections.ts"
import { type Known, linkedSpans } from "./linked-spans.ts"
import { shownLog, shownSpan, sizeOf, summaryOf } from "./shown.ts"

export interface TraceStore extends Records {
  /** Lets go of traces of which nothing has arrived for 15 minutes. */
  readonly expire: (now: number) => void
  /** Whether something of a trace is kept. */
  readonly has: (traceId: string) => boolean
  readonly trace: (traceId: string) => TraceDetail | undefined
  /** The latest traces, of those alone whose name, process or id has this text, whatever its case. */
  readonly list: (text?: string) => TraceList
  readonly clear: () => void
}

/** One trace that is kept. */
interface KnownTrace {
  readonly traceId: string
  readonly spans: Map<string, TraceSpan>
  readonly logs: Array<TraceLog>
  readonly leftOut: { spans: number; logs: number }
  bytes: number
  lastAt: number
}

/** How long a trace is kept after something of it has arrived last. */
const keptMs = 15 * 60_000

/** What all traces may take unless given, roughly in bytes. */
const defaultLimit = 64 * 1024 * 1024

/** Of that, what one trace may take. */
const shareOfOne = 1 / 8

/** What is left of the limit after traces went: one at a time would take long, as a map keeps the places of the others. */
const shareAfterwards = 0.95

const traceBytes = 500

/** No record takes less: what has no room for this need not be looked at. */
const smallest = { span: 500, log: 340 } as const

const listed = 100

export const makeTraceStore = (limitBytes = defaultLimit): TraceStore => new Traces(limitBytes)

class Traces implements TraceStore {
  /** In the order of what arrived last. */
  private readonly traces = new Map<string, KnownTrace>()
  private readonly connections = makeConnections()
  private total = { bytes: 0, spans: 0, logs: 0 }
  private leftOut = { traces: 0, spans: 0, logs: 0 }
  /** When something arrived or expired last. */
  private latest = 0
  private readonly limitBytes: number

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  add({ logRecords, spans }: Parameters<Records["add"]>[0], now: number): void {
    for (const span of spans) {
      this.addSpan(this.arrived(span.traceId, now), span)
      this.makeRoom()
    }
    for (const record of logRecords) {
      if (record.traceId !== undefined) {
        this.addLog(this.arrived(record.traceId, now), record)
        this.makeRoom()
      }
    }
  }

  expire(now: number): void {
    this.clockIs(now)
    for (const trace of this.traces.values()) {
      if (now - trace.lastAt < keptMs) {
        return
      }
      this.remove(trace)
    }
  }

  has(traceId: string): boolean {
    const trace = this.traces.get(traceId)
    return trace !== undefined && !isEmpty(trace)
  }

  trace(traceId: string): TraceDetail | undefined {
    const { connections, traces } = this
    const trace = traces.get(traceId)
    return trace === undefined || isEmpty(trace) ? undefined : detailOf(trace, { traces, connections })
  }

  list(text = ""): TraceList {
    const { leftOut, limitBytes, total, traces } = this
    const words = text.toLowerCase()
    const latest: Array<TraceSummary> = []
    for (const trace of [...traces.values()].reverse()) {
      const summary = summaryOfTrace(trace)
      if (!isEmpty(trace) && hasText(summary, words)) {
        latest.push(summary)
      }
      if (latest.length === listed) {
        break
      }
    }
    return {
      traces: latest,
      stored: { traces: traces.size, ...total, limitBytes },
      leftOut: { ...leftOut }
    }
  }

  clear(): void {
    this.traces.clear()
    this.connections.clear()
    this.total = { bytes: 0, spans: 0, logs: 0 }
    this.leftOut = { traces: 0, spans: 0, logs: 0 }
  }

  /** What arrived in the future, before the clock was set back, arrived now. */
  private clockIs(now: number): void {
    if (now < this.latest) {
      for (const trace of this.traces.values()) {
        trace.lastAt = Math.min(trace.lastAt, now)
      }
    }
    this.latest = now
  }

  private arrived(traceId: string, now: number): KnownTrace {
    this.clockIs(now)
    const known = this.traces.get(traceId)
    const trace = known ?? newTrace(traceId)
    if (known === undefined) {
      this.grow(trace, traceBytes)
    }
    trace.lastAt = now
    this.traces.delete(traceId)
    this.traces.set(traceId, trace)
    return trace
  }

  private addSpan(trace: KnownTrace, sent: Span): void {
    const before = trace.spans.get(sent.spanId)
    const span = this.hasRoom(trace, before === undefined ? smallest.span : 0) ? shownSpan(sent) : undefined
    const bytes = span === undefined ? 0 : spanSize(span) - (before === undefined ? 0 : spanSize(before))
    if (span === undefined || !this.hasRoom(trace, bytes)) {
      trace.leftOut.spans += 1
      this.leftOut.spans += 1
      return
    }
    this.grow(trace, bytes)
    this.total.spans += before === undefined ? 1 : 0
    // One that is sent again takes the place of the first.
    trace.spans.set(span.spanId, span)
    this.connections.add(trace.traceId, span, before)
  }

  private addLog(trace: KnownTrace, sent: LogRecord): void {
    const log = this.hasRoom(trace, smallest.log) ? shownLog(sent, trace.lastAt) : undefined
    const bytes = log === undefined ? 0 : sizeOf(log)
    if (log === undefined || !this.hasRoom(trace, bytes)) {
      trace.leftOut.logs += 1
      this.leftOut.logs += 1
      return
    }
    this.grow(trace, bytes)
    this.total.logs += 1
    trace.logs.push(log)
  }

  /** Whether a trace has room for so much more. */
  private hasRoom(trace: KnownTrace, bytes: number): boolean {
    return trace.bytes + bytes <= this.limitBytes * shareOfOne
  }

  private grow(trace: KnownTrace, bytes: number): void {
    trace.bytes += bytes
    this.total.bytes += bytes
  }

  private makeRoom(): void {
    if (this.total.bytes <= this.limitBytes) {
      return
    }
    for (const trace of this.traces.values()) {
      if (this.total.bytes <= this.limitBytes * shareAfterwards) {
        return
      }
      this.remove(trace)
      this.leftOut.traces += 1
      this.leftOut.spans += trace.spans.size
      this.leftOut.logs += trace.logs.length
    }
  }

  private remove(trace: KnownTrace): void {
    this.traces.delete(trace.traceId)
    this.connections.remove(trace.traceId)
    this.total.bytes -= trace.bytes
    this.total.spans -= trace.spans.size
    this.total.logs -= trace.logs.length
  }
}

const spanSize = (span: TraceSpan): number => sizeOf(span) + connectionsSize(span)

const newTrace = (traceId: string): KnownTrace => ({
  traceId,
  spans: new Map(),
  logs: [],
  leftOut: { spans: 0, logs: 0 },
  bytes: 0,
  lastAt: 0
})

/** Whether all that came of it was too large. */
const isEmpty = ({ logs, spans }: KnownTrace): boolean => spans.size + logs.length === 0

const detailOf = (trace: KnownTrace, known: Known): TraceDetail => {
  const { leftOut, logs, spans, traceId } = trace
  const linked = linkedSpans(trace, known)
  return {
    traceId,
    spans: [...spans.values()].sort((a, b) => a.start - b.start),
    logs: [...logs].sort((a, b) => a.time - b.time),
    linked: linked.spans,
    leftOut: { ...leftOut, linked: linked.leftOut }
  }
}

const summaryOfTrace = ({ lastAt, logs, spans, traceId }: KnownTrace): TraceSummary => {
  let first: TraceSpan | undefined
  let errors = 0
  for (const span of spans.values()) {
    errors += span.outcome === "error" ? 1 : 0
    if (first === undefined || isBefore(span, first)) {
      first = span
    }
  }
  return {
    traceId,
    ...(first === undefined ? {} : { first: summaryOf(first) }),
    isWhole: first !== undefined && first.parentSpanId === undefined,
    lastAt,
    spans: spans.size,
    errors,
    logs: logs.length
  }
}

const hasText = ({ first, traceId }: TraceSummary, words: string): boolean =>
  [traceId, first?.name ?? "", first?.service ?? "", first?.instance ?? ""].some((one) =>
    one.toLowerCase().includes(words)
  )

/** A span without a parent comes before one that has one. */
const isBefore = (a: TraceSpan, b: TraceSpan): boolean => {
  const [isRoot, isOtherRoot] = [a.parentSpanId === undefined, b.parentSpanId === undefined]
  return isRoot === isOtherRoot ? a.start < b.start : isRoot
}
