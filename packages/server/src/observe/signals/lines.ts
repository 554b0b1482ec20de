/** What the console shows of a span and of a log record: what a collector would get, less what is the same in each. */
import type { HrTime } from "@opentelemetry/api"
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

/** A span; its kind and status are OpenTelemetry's numbers as words, its times are Unix time in nanoseconds. */
export const spanLine = (span: ReadableSpan): unknown => {
  const { spanId, traceId } = span.spanContext()
  return {
    span: span.name,
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    kind: kinds[span.kind],
    start: nanos(span.startTime),
    durationMs: span.duration[0] * 1_000 + span.duration[1] / 1_000_000,
    status: statuses[span.status.code],
    message: span.status.message,
    attributes: span.attributes,
    events: span.events.map(({ attributes, name, time }) => ({ name, time: nanos(time), attributes })),
    links: span.links.map(({ attributes, context }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes
    }))
  }
}

/** A log record. */
export const logLine = (record: ReadableLogRecord): unknown => ({
  log: record.body,
  time: nanos(record.hrTime),
  severity: record.severityText,
  traceId: record.spanContext?.traceId,
  spanId: record.spanContext?.spanId,
  attributes: record.attributes
})

const kinds = ["internal", "server", "client", "producer", "consumer"]

const statuses = ["unset", "ok", "error"]

const nanos = ([seconds, rest]: HrTime): string => String(BigInt(seconds) * 1_000_000_000n + BigInt(rest))
