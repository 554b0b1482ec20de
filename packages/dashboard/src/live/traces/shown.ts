/** Spans and log records as pages see them, which is also how they are kept. */
import type { SpanSummary, TraceLog, TraceSpan } from "../../protocol/traces.ts"
import type { Attributes } from "../../receiver/model.ts"
import type { LogRecord, Span } from "../../receiver/records.ts"
import { attributeTexts, cut } from "../attribute-texts.ts"
import { processNameOf } from "../process-name.ts"

/** The longest value of an attribute, and the longest text of a log record: a stack trace is shorter. */
const longest = 10_000

const texts = (attributes: Attributes) => attributeTexts(attributes, longest)

/** The names of processes by their resources, which many records of a request share. */
const names = new WeakMap<Attributes, ReturnType<typeof processNameOf>>()

const nameOf = (resource: Attributes) => {
  const name = names.get(resource) ?? processNameOf(attributeTexts(resource))
  names.set(resource, name)
  return name
}

/** To a quarter of a microsecond, which is what a number holds of an epoch time. */
const millisOf = (nanos: bigint): number => Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6

export const shownSpan = (span: Span): TraceSpan => {
  const { endTimeUnixNano, kind, name, parentSpanId, resource, spanId, startTimeUnixNano, status } = span
  return {
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: cut(name),
    kind,
    ...nameOf(resource),
    start: millisOf(startTimeUnixNano),
    durationMs: millisOf(endTimeUnixNano - startTimeUnixNano),
    outcome: status.code,
    message: cut(status.message, longest),
    attributes: texts(span.attributes),
    events: span.events.map((event) => ({
      time: millisOf(event.timeUnixNano),
      name: cut(event.name),
      attributes: texts(event.attributes)
    })),
    links: span.links.map((link) => ({ ...link, attributes: texts(link.attributes) }))
  }
}

export const summaryOf = ({ durationMs, instance, name, outcome, service, start }: TraceSpan): SpanSummary => ({
  name,
  service,
  instance,
  start,
  durationMs,
  outcome
})

export const shownLog = (record: LogRecord, receivedAt: number): TraceLog => {
  const { attributes, body, resource, spanId, timeUnixNano } = record
  return {
    time: timeUnixNano === 0n ? receivedAt : millisOf(timeUnixNano),
    level: levelOf(record),
    text: cut(body, longest),
    ...(spanId === undefined ? {} : { spanId }),
    ...nameOf(resource),
    attributes: texts(attributes)
  }
}

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]

const levelOf = ({ severityNumber, severityText }: LogRecord): string =>
  levels[Math.floor((severityNumber - 1) / 4)] ?? cut(severityText)

/** Roughly what a record takes in memory, in bytes. */
export const sizeOf = (record: TraceSpan | TraceLog): number => 200 + 2 * JSON.stringify(record).length
