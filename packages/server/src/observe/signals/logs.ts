/** Effect's log lines as OpenTelemetry's log records, in the queue of an exporter. */
import type { SpanContext } from "@opentelemetry/api"
import type { Resource } from "@opentelemetry/resources"
import type { LoggerProvider, LogRecordProcessor, ReadableLogRecord, SdkLogRecord } from "@opentelemetry/sdk-logs"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { attempt } from "../catalogue/attempt.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import { loadPeer, unavailable } from "../config/peer.ts"
import type { LogRecordLimits } from "../config/record-limits.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import type { Recorder } from "./recorder.ts"
import { hasSoundIds } from "../catalogue/span-ids.ts"

const neededFor = "exporting logs"

/** Makes the logger that is added to those of the program. The recorder is given each record. */
export const loggerLayer = (
  { recorder, resource }: { readonly resource: Resource; readonly recorder: Recorder<ReadableLogRecord> },
  logRecordLimits: LogRecordLimits
): Effect.Effect<Layer.Layer<never>, TelemetryPeerMissing> =>
  Effect.gen(function* () {
    const sdk = yield* loadPeer("@opentelemetry/sdk-logs", neededFor, () =>
      import("@opentelemetry/sdk-logs").catch(unavailable)
    )
    const effectSdk = yield* loadPeer("@effect/opentelemetry", neededFor, () =>
      import("@effect/opentelemetry/Logger").catch(unavailable)
    )
    const lines = new Lines(recorder)
    const provider = new sdk.LoggerProvider({ resource, logRecordLimits, processors: [lines.processor] })
    lines.tidy(provider.getLogger(scope))
    const logger = yield* Effect.provideService(effectSdk.make, effectSdk.OtelLoggerProvider, provider)
    return Logger.add(lines.through(logger))
  })

/** The scope of the logger of `@effect/opentelemetry`: a provider has one logger of it. */
const scope = "@effect/opentelemetry"

type OtelLogger = ReturnType<LoggerProvider["getLogger"]>
type Emitted = Parameters<OtelLogger["emit"]>[0]
type Line = Logger.Logger.Options<unknown>

/**
 * The logger of `@effect/opentelemetry` leaves out the cause of a line, names its span in attributes only, and has
 * Effect's own numbers for severities. OpenTelemetry has a place for each, and receivers join log lines and traces by it.
 */
class Lines {
  /** The line that becomes a record now. */
  private line: Line | undefined
  /** The span that it is logged in, as OpenTelemetry names it. */
  private span: SpanContext | undefined
  /** What `span` was made of, kept until the next line: many are logged in one span. */
  private parent: Tracer.AnySpan | undefined
  private readonly recorder: Recorder<ReadableLogRecord>

  constructor(recorder: Recorder<ReadableLogRecord>) {
    this.recorder = recorder
  }

  through(logger: Logger.Logger<unknown, void>): Logger.Logger<unknown, void> {
    return Logger.make((line) => {
      // A message that is read may log something itself.
      const { line: outer, parent, span } = this
      // What is logged may throw when it is read, and must not end the effect that logs it.
      attempt(
        () => {
          this.find(line)
          this.line = line
          logger.log(line)
        },
        (thrown) => this.recorder.unreadable(wordsOf(thrown))
      )
      this.line = outer
      if (outer !== undefined) {
        this.parent = parent
        this.span = span
      }
    })
  }

  private find({ context }: Line): void {
    const found = Context.getOption(FiberRefs.getOrDefault(context, FiberRef.currentContext), Tracer.ParentSpan)
    const parent = Option.getOrUndefined(found)
    if (parent !== this.parent) {
      this.span = parent === undefined ? undefined : contextOf(parent)
      this.parent = parent
    }
  }

  /** Leaves out of the attributes of a line what its record has a place for. */
  tidy(logger: OtelLogger): void {
    const emit = logger.emit.bind(logger)
    Object.assign(logger, {
      emit: (record) => emit(this.span === undefined ? record : withoutIds(record, this.span))
    } satisfies Pick<OtelLogger, "emit">)
  }

  readonly processor: LogRecordProcessor = {
    onEmit: (record) => {
      if (this.line !== undefined) {
        complete(record, this.line, this.span)
      }
      this.recorder.seen()
      this.recorder.add(record)
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve()
  }
}

const complete = (record: SdkLogRecord, { cause, logLevel }: Line, span: SpanContext | undefined): void => {
  record.setSeverityNumber(severityOf(logLevel.ordinal))
  if (span !== undefined) {
    record.spanContext = span
  }
  if (!Cause.isEmpty(cause)) {
    attempt(
      () => nameCause(record, cause),
      () => record.setAttribute("exception.message", "a cause that can't be read")
    )
  }
}

const contextOf = (span: Tracer.AnySpan): SpanContext | undefined =>
  hasSoundIds(span) ? { spanId: span.spanId, traceId: span.traceId, traceFlags: span.sampled ? 1 : 0 } : undefined

/** Without the ids of the span, and with annotations of the same name. */
const withoutIds = (record: Emitted, { spanId, traceId }: SpanContext): Emitted => {
  const { attributes = {} } = record
  const kept: typeof attributes = {}
  for (const name of Object.keys(attributes)) {
    const value = attributes[name]
    if (!((name === "spanId" && value === spanId) || (name === "traceId" && value === traceId))) {
      kept[name] = value
    }
  }
  return { ...record, attributes: kept }
}

const nameCause = (record: SdkLogRecord, cause: Cause.Cause<unknown>): void => {
  const [first] = Cause.prettyErrors(cause)
  record.setAttribute("exception.type", first?.name ?? "Interrupted")
  record.setAttribute("exception.message", first?.message ?? "")
  record.setAttribute("exception.stacktrace", Cause.pretty(cause, { renderErrorCause: true }))
}

/** Levels of Effect are ten thousand apart, from trace at 0 to fatal at 50,000; severities are four apart, from 1. */
const severityOf = (level: number): number => Math.min(Math.max(Math.floor(level / 10_000), 0), 5) * 4 + 1
