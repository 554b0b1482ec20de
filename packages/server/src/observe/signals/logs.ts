/** Effect's log lines as OpenTelemetry's log records, in the queue of an exporter. */
import type { Resource } from "@opentelemetry/resources"
import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { loadPeer } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"

const neededFor = "exporting logs"

/** Makes the logger that is added to those of the program; `add` is given each record. */
export const loggerLayer = (
  resource: Resource,
  add: (record: ReadableLogRecord) => void
): Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing> =>
  Effect.gen(function* () {
    const { LoggerProvider } = yield* loadPeer(
      "@opentelemetry/sdk-logs",
      neededFor,
      () => import("@opentelemetry/sdk-logs")
    )
    const Logger = yield* loadPeer("@effect/opentelemetry", neededFor, () => import("@effect/opentelemetry/Logger"))
    const provider = new LoggerProvider({ resource, processors: [into(add)] })
    return Layer.provide(Logger.layerLoggerAdd, Layer.succeed(Logger.OtelLoggerProvider, provider))
  })

const into = (add: (record: ReadableLogRecord) => void): LogRecordProcessor => ({
  onEmit: (record) => add(asOpenTelemetryHasIt(record)),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve()
})

const isSampled = 1

/**
 * Effect's logger names the span in attributes, and its severities are Effect's own. OpenTelemetry has a place for the
 * one, by which receivers join log lines and traces, and numbers from 1 to 24 for the other.
 */
const asOpenTelemetryHasIt = (record: ReadableLogRecord): ReadableLogRecord => {
  const { spanId, traceId } = record.attributes
  const spanContext =
    typeof spanId === "string" && typeof traceId === "string"
      ? { spanId, traceId, traceFlags: isSampled }
      : record.spanContext
  return {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    ...(record.severityText === undefined ? {} : { severityText: record.severityText }),
    severityNumber: severityOf(record.severityNumber ?? 0),
    body: record.body,
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    attributes: record.attributes,
    droppedAttributesCount: record.droppedAttributesCount,
    ...(spanContext === undefined ? {} : { spanContext })
  }
}

/** Levels of Effect are ten thousand apart, from trace at 0 to fatal at 50,000; severities are four apart, from 1. */
const severityOf = (level: number): number => Math.min(Math.max(Math.floor(level / 10_000), 0), 5) * 4 + 1
