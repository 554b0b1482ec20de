/**
 * What the server answers to pages about traces: `GET live/traces` lists the latest, with `?q=` those of a name, `GET live/trace?id=` is one. Spans
 * and log records are kept by trace, until nothing of a trace has arrived for 15 minutes; the oldest go sooner where there
 * is no room.
 *
 * Times are epoch milliseconds with their fraction. Attributes are texts: what is no text is JSON.
 */

/** One trace, as far as it has arrived. */
export interface TraceDetail {
  readonly traceId: string
  /** By their start. */
  readonly spans: ReadonlyArray<TraceSpan>
  /** By their time. */
  readonly logs: ReadonlyArray<TraceLog>
  /** Spans of messages, in this trace and in others: where a job was submitted, and its attempts. */
  readonly linked: ReadonlyArray<LinkedSpan>
  /** What of this trace is not here, because it has more than one may. */
  readonly leftOut: { readonly spans: number; readonly logs: number; readonly linked: number }
}

/** What all spans say, in lists too. */
export interface SpanSummary {
  readonly name: string
  readonly service: string
  readonly instance: string
  readonly start: number
  readonly durationMs: number
  readonly outcome: "unset" | "ok" | "error"
}

export interface TraceSpan extends SpanSummary {
  readonly spanId: string
  /** Absent where it is the first of its trace. */
  readonly parentSpanId?: string
  readonly kind: "unspecified" | "internal" | "server" | "client" | "producer" | "consumer"
  /** What its outcome is described with; empty where nothing was said. */
  readonly message: string
  readonly attributes: Attributes
  readonly events: ReadonlyArray<{ readonly time: number; readonly name: string; readonly attributes: Attributes }>
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }>
}

export interface TraceLog {
  readonly time: number
  /** `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL`, or what the sender calls it; empty where it did not say. */
  readonly level: string
  readonly text: string
  readonly spanId?: string
  readonly service: string
  readonly instance: string
  readonly attributes: Attributes
}

/** A span that a trace has to do with, by a link or by the id of a message. */
export interface LinkedSpan {
  readonly traceId: string
  readonly spanId: string
  /**
   * - `submit`: the producer of a message
   * - `replay`: the producer that sent a job again
   * - `attempt`: the processing of a message
   * - `to`: another span that a span of this trace links to, such as that of the previous run of a recurring job
   * - `from`: another span that links to this trace
   */
  readonly relation: "submit" | "replay" | "attempt" | "to" | "from"
  /** Absent where it is not here. */
  readonly span?: SpanSummary & {
    /** `job.attempt`, from 1 on. */
    readonly attempt?: string
    /** `messaging.message.id`: of a job its id. */
    readonly messageId?: string
  }
}

/** The traces that are kept. */
export interface TraceList {
  /** The last that something arrived of, at most a hundred; the latest first. */
  readonly traces: ReadonlyArray<TraceSummary>
  readonly stored: {
    readonly traces: number
    readonly spans: number
    readonly logs: number
    readonly bytes: number
    readonly limitBytes: number
  }
  /** What went before its time since the server started, because there was no room. */
  readonly leftOut: { readonly traces: number; readonly spans: number; readonly logs: number }
}

export interface TraceSummary {
  readonly traceId: string
  /** The span that has no parent, else the earliest of those that are here; absent where there are only log records. */
  readonly first?: SpanSummary
  /** Whether `first` has no parent. */
  readonly isWhole: boolean
  readonly lastAt: number
  readonly spans: number
  readonly errors: number
  readonly logs: number
}

type Attributes = Readonly<Record<string, string>>
