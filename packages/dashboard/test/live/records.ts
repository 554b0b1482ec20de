/** Spans and log records for tests, with what matters to each. */
import type { LogRecord, Span } from "../../src/receiver/records.ts"

/** The id of a trace and of a span: a number in hex. */
export const traceIdOf = (number: number): string => number.toString(16).padStart(32, "0")
export const spanIdOf = (number: number): string => number.toString(16).padStart(16, "0")

const resource = { "service.name": "jobs", "service.instance.id": "runner-1" }

export const span = (fields: Partial<Span> = {}): Span => ({
  resource,
  traceId: traceIdOf(1),
  spanId: spanIdOf(1),
  name: "work",
  kind: "internal",
  startTimeUnixNano: 1_700_000_000_000_000_000n,
  endTimeUnixNano: 1_700_000_000_012_500_000n,
  status: { code: "unset", message: "" },
  attributes: {},
  events: [],
  links: [],
  ...fields
})

export const logRecord = (fields: Partial<LogRecord> = {}): LogRecord => ({
  resource,
  traceId: traceIdOf(1),
  timeUnixNano: 1_700_000_000_001_000_000n,
  severityNumber: 9,
  severityText: "INFO",
  body: "said",
  attributes: {},
  ...fields
})

export const linkTo = (trace: number, spanNumber = 1): Span["links"][number] => ({
  traceId: traceIdOf(trace),
  spanId: spanIdOf(spanNumber),
  attributes: {}
})

/** The submit of a job, as `infra/jobs/spans.ts` of the server has it. */
export const submitOf = (job: string, fields: Partial<Span> = {}): Span =>
  span({
    name: "submit digest",
    kind: "producer",
    attributes: { "messaging.system": "parametric_portal", "messaging.message.id": job },
    ...fields
  })

/** An attempt at a job. */
export const attemptAt = (job: string, attempt: number, fields: Partial<Span> = {}): Span =>
  span({
    name: "process digest",
    kind: "consumer",
    attributes: { "messaging.system": "parametric_portal", "messaging.message.id": job, "job.attempt": attempt },
    ...fields
  })
