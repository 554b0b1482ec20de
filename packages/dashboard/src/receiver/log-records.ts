/**
 * Reads the log records of a decoded request. One with a duplicate attribute is rejected, and the others are taken. An
 * invalid trace id names no trace, as the protocol says.
 */
import * as Either from "effect/Either"
import { attributesOf, textOfValue } from "./attributes.ts"
import { idOf } from "./ids.ts"
import type { Attributes } from "./model.ts"
import { toBigInt } from "./otlp-schema.ts"
import { Malformed } from "./points.ts"
import type { LogRecordMessage, LogsRequest } from "./record-messages.ts"
import { makeProblems, type ReadRecords } from "./record-problems.ts"
import type { LogRecord } from "./records.ts"

/** All log records of a request in their order; a resource with a duplicate attribute rejects the request. */
export const readLogRecords = (request: LogsRequest): Either.Either<ReadRecords<LogRecord>, Malformed> => {
  const problems = makeProblems<LogRecord>("log record")
  for (const { resource: from, scopeLogs } of request.resourceLogs ?? []) {
    const resource = attributesOf(from?.attributes)
    if (typeof resource === "string") {
      return Either.left(new Malformed({ message: `resource: ${resource}` }))
    }
    for (const { logRecords } of scopeLogs ?? []) {
      for (const message of logRecords ?? []) {
        problems.take(readLogRecord(message, resource))
      }
    }
  }
  return Either.right(problems.result())
}

const readLogRecord = (message: LogRecordMessage, resource: Attributes): LogRecord | string => {
  const attributes = attributesOf(message.attributes)
  if (typeof attributes === "string") {
    return attributes
  }
  const body = textOfValue(message.body)
  if (body === undefined) {
    return "duplicate attribute inside its body"
  }
  const time = toBigInt(message.timeUnixNano)
  return {
    resource,
    ...idsOf(message, attributes),
    timeUnixNano: time === 0n ? toBigInt(message.observedTimeUnixNano) : time,
    severityNumber: message.severityNumber ?? 0,
    severityText: message.severityText ?? "",
    body,
    attributes
  }
}

/** Its own ids; else the trace that an attribute names, as the log lines of an attempt at a job have it. */
const idsOf = (message: LogRecordMessage, attributes: Attributes): Pick<LogRecord, "traceId" | "spanId"> => {
  const own = idOf(message.traceId, "trace")
  if (own === undefined) {
    const named = Object.hasOwn(attributes, "traceId") ? attributes["traceId"] : undefined
    return typeof named === "string" && isTraceId(named) ? { traceId: named } : {}
  }
  const spanId = idOf(message.spanId, "span")
  return spanId === undefined ? { traceId: own } : { traceId: own, spanId }
}

/** Whether a text is the id of a trace, as it is stored: lower-case hex, and not all zeros. */
export const isTraceId = (text: string): boolean => /^(?!0{32})[0-9a-f]{32}$/.test(text)
