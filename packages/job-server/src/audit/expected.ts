/**
 * What the metrics should say, computed from an event log. It is written from the reference of the metrics and shares
 * no code with the library.
 *
 * A process records its metrics right after the log entry of what the store answered. A duration that is counted then
 * ended before it, with the handler.
 */
import { type AttemptTimeline, attemptTimelines } from "./attempt-timeline.ts"
import type { EventOf, LogEntry, LoggedEvent } from "./event-log.ts"

export type Labels = Readonly<Record<string, string>>

/** Two bounds of a number that is not known exactly. */
export interface Bounds {
  readonly atLeast: number
  readonly atMost: number
}

/** What one series should have counted. */
export interface ExpectedSeries {
  readonly name: string
  readonly labels: Labels
  /** The sum of a counter, the number of measurements of a histogram, or the value of a gauge. */
  readonly count: number
  /** The measurements of a histogram. */
  readonly values: ReadonlyArray<Bounds>
}

/** A text that is the same for two series exactly if they have the same name and labels. */
export const seriesKey = (name: string, labels: Labels): string =>
  JSON.stringify([name, Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))])

/** The series that the first `upTo` entries of an event log should have changed. */
export const expectedSeries = (
  entries: ReadonlyArray<LogEntry>,
  upTo = entries.length
): ReadonlyArray<ExpectedSeries> => {
  const series = new Map<string, { readonly name: string; readonly labels: Labels; count: number; values: Bounds[] }>()
  for (const { index, labels, name, value } of recordingsOf(entries)) {
    if (index >= upTo) {
      continue
    }
    const key = seriesKey(name, labels)
    const one = series.get(key) ?? { name, labels, count: 0, values: [] }
    one.count += 1
    if (value !== undefined) {
      one.values.push(value)
    }
    series.set(key, one)
  }
  return [...series.values()]
}

/** One recording of a metric, and the index of its log entry. */
interface Recording {
  readonly index: number
  readonly name: string
  readonly labels: Labels
  readonly value?: Bounds
}

const recordingsOf = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<Recording> => {
  const recordings: Array<Recording> = []
  const attempts = attemptTimelines(entries)
  for (const [index, { event }] of entries.entries()) {
    const record = (name: string, labels: Labels, value?: Bounds) =>
      recordings.push(value === undefined ? { index, name, labels } : { index, name, labels, value })
    const begun = attempts.begun.get(index)
    if (begun !== undefined) {
      recordAttemptBegin(begun, record)
    }
    const ended = attempts.ended.get(index)
    if (ended !== undefined) {
      recordAttemptEnd(ended, record)
    }
    recordOperation(event, record)
    recordMessage(event, record)
    recordSingleton(event, record)
  }
  return [...recordings, ...interruptedSubmits(entries)]
}

/** The calls that came to nothing: fewer submissions ended than were called, and the rest were interrupted before. */
const interruptedSubmits = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<Recording> => {
  const open = new Map<string, Array<Recording>>()
  for (const [index, { event }] of entries.entries()) {
    if (event._tag === "SubmitCalled") {
      const labels = { job_type: event.type, operation: "submit", priority: event.priority, outcome: "interrupted" }
      const recording = { index, name: "jobs_processing_seconds", labels, value: atLeast(0) }
      open.set(kindOf(event), [...(open.get(kindOf(event)) ?? []), recording])
    }
    if (event._tag === "Rejected" || event._tag === "Submitted" || event._tag === "Duplicate") {
      open.get(kindOf(event))?.shift()
    }
  }
  return [...open.values()].flat()
}

const kindOf = ({ priority, type }: { readonly priority: string; readonly type: string }): string =>
  JSON.stringify([type, priority])

type RecordMetric = (name: string, labels: Labels, value?: Bounds) => void

const operations = {
  Submitted: { operation: "submit", counter: "jobs_enqueued_total" },
  Cancelled: { operation: "cancel", counter: "jobs_cancelled_total" },
  Replayed: { operation: "replay", counter: "jobs_replayed_total" }
} as const

const recordOperation = (event: LoggedEvent, record: RecordMetric) => {
  if (event._tag === "Duplicate") {
    record("jobs_duplicates_total", { job_type: event.type, operation: "submit", priority: event.priority })
  }
  if (event._tag === "Rejected") {
    const { priority, reason, type } = event
    record("jobs_processing_seconds", { job_type: type, operation: "submit", priority, outcome: "failure" }, atLeast(0))
    record("jobs_failed_total", { job_type: type, reason })
  }
  if (!isOperation(event)) {
    return
  }
  const { counter, operation } = operations[event._tag]
  const labels = { job_type: event.type, operation, priority: event.priority }
  record("jobs_processing_seconds", { ...labels, ...outcomeLabel(event.outcome) }, atLeast(event.tookMs / 1000))
  if (event.outcome === "success") {
    record(counter, labels)
  }
  if (event.reason !== undefined) {
    record("jobs_failed_total", { job_type: event.type, reason: event.reason })
  }
  if (event._tag === "Cancelled" && event.attempts > 0) {
    record("jobs_attempts", { ...labels, operation: "process" }, exactly(event.attempts))
  }
}

const isOperation = (event: LoggedEvent): event is EventOf<keyof typeof operations> => event._tag in operations

const recordAttemptBegin = ({ claimed, handlerStarted, started }: AttemptTimeline, record: RecordMetric) => {
  const { attempt, isRedelivered, priority, type } = started.event
  const labels = { job_type: type, operation: "process", priority }
  if (handlerStarted !== undefined) {
    const { ageMs, dueMs } = claimed.event
    // Due before it was accepted, it has waited since then only.
    const waitedMs = Math.max(0, Math.min(ageMs, dueMs))
    record("jobs_wait_duration_seconds", labels, {
      atLeast: waitedMs / 1000,
      atMost: (waitedMs + handlerStarted.monotonicMs - claimed.monotonicMs) / 1000
    })
  }
  if (isRedelivered) {
    record("jobs_redelivered_total", labels)
  } else if (attempt > 1) {
    record("jobs_retried_total", labels)
  }
}

const recordAttemptEnd = ({ claimed, finished, settled, started }: AttemptTimeline, record: RecordMetric) => {
  const { attempt, priority, type } = started.event
  const labels = { job_type: type, operation: "process", priority }
  const isAccepted = settled?.event.isAccepted === true && settled.event.as !== "Released"
  const isCompleted = isAccepted && settled.event.as === "Completed"
  const failed = finished?.event.outcome === "defect" ? "defect" : "failure"
  const outcome = isCompleted ? "success" : isAccepted ? failed : "interrupted"
  const handlerMs = finished?.event.tookMs ?? 0
  /** The end of the handler is before that of the job is written. */
  const untilMs = settled?.monotonicMs ?? Infinity
  record(
    "jobs_processing_seconds",
    { ...labels, ...outcomeLabel(outcome) },
    { atLeast: handlerMs / 1000, atMost: (untilMs - started.monotonicMs) / 1000 }
  )
  if (!isAccepted) {
    return
  }
  const failure = { job_type: type, reason: settled.event.reason ?? "" }
  if (isCompleted) {
    record("jobs_completed_total", labels)
  } else {
    record("jobs_failed_total", failure)
  }
  if (settled.event.as === "Retrying") {
    return
  }
  if (settled.event.as === "Dead") {
    record("jobs_dead_lettered_total", failure)
  }
  const { ageMs } = claimed.event
  record("jobs_duration_seconds", labels, {
    atLeast: (ageMs + handlerMs) / 1000,
    atMost: (ageMs + untilMs - claimed.monotonicMs) / 1000
  })
  record("jobs_attempts", labels, exactly(attempt))
}

const recordMessage = (event: LoggedEvent, record: RecordMetric) => {
  if (!("entityType" in event)) {
    return
  }
  const { entityType: entity_type } = event
  switch (event._tag) {
    case "EntityActivated":
      record("cluster_entity_activations_total", { entity_type })
      return record("cluster_entity_activation_seconds", { entity_type }, atLeast(0))
    case "EntityDeactivated":
      record("cluster_entity_deactivations_total", { entity_type, reason: event.reason })
      return record("cluster_entity_lifetime_seconds", { entity_type }, atMost(event.tookMs / 1000))
    case "MessageArrived":
      record("cluster_messages_received_total", { entity_type, operation: "receive", message: event.message })
      return record("cluster_message_delivery_delay_seconds", { entity_type }, atLeast(0))
    case "MessageStarted":
      return record("cluster_message_wait_seconds", { entity_type }, atLeast(0))
    case "MessageHandled":
    case "MessageSent":
      return recordMessageEnd(event, record)
  }
}

/** Runs of the library's own singletons, which sample gauges, are not counted. */
const recordSingleton = (event: LoggedEvent, record: RecordMetric) => {
  if (event._tag !== "SingletonRan" || event.singleton.startsWith("@parametric-portal/server/")) {
    return
  }
  record("cluster_singleton_runs_total", { singleton: event.singleton, ...outcomeLabel(event.outcome) })
}

const recordMessageEnd = (event: EventOf<"MessageHandled" | "MessageSent">, record: RecordMetric) => {
  const { entityType: entity_type, message, outcome, reason } = event
  const isSent = event._tag === "MessageSent"
  const labels = { entity_type, operation: isSent ? "send" : "receive", message }
  const seconds = event.tookMs / 1000
  record("cluster_message_latency_seconds", labels, isSent ? atMost(seconds) : atLeast(seconds))
  if (isSent && outcome === "success") {
    record("cluster_messages_sent_total", labels)
  }
  if (!isSent) {
    record("cluster_message_processing_seconds", { entity_type, message, ...outcomeLabel(outcome) }, atLeast(seconds))
  }
  if (reason !== undefined) {
    record("cluster_errors_total", { entity_type, type: reason })
  }
}

const outcomeLabel = (outcome: string): Labels => (outcome === "success" ? {} : { outcome })

const exactly = (value: number): Bounds => ({ atLeast: value, atMost: value })
const atLeast = (value: number): Bounds => ({ atLeast: value, atMost: Infinity })
const atMost = (value: number): Bounds => ({ atLeast: 0, atMost: value })
