/** The attempts at jobs in an event log, each from its claim to its end. */
import type { EventOf, LogEntry, LoggedEvent } from "./event-log.ts"

type EntryOf<Tag extends LoggedEvent["_tag"]> = LogEntry & { readonly event: EventOf<Tag> }

/** One attempt. What is absent did not happen before the process ended. */
export interface AttemptTimeline {
  readonly claimed: EntryOf<"Claimed">
  readonly started?: LogEntry
  readonly finished?: EntryOf<"HandlerFinished">
  readonly settled?: EntryOf<"Settled">
}

/**
 * The attempts by the index of their claim, and by the index of the entry at which their metrics are recorded: when the
 * store was told how the attempt ended. A cancelled attempt is not settled; its metrics are recorded when its handler
 * ends, or with the cancellation if the handler had not started.
 */
export const attemptTimelines = (entries: ReadonlyArray<LogEntry>): ReadonlyMap<number, AttemptTimeline> => {
  const timelines = new Map<number, AttemptTimeline>()
  const open = new Map<string, OpenAttempt>()
  const close = (job: string, end: number | undefined) => {
    const attempt = open.get(job)
    open.delete(job)
    if (attempt === undefined) {
      return
    }
    timelines.set(attempt.index, attempt.timeline)
    if (end !== undefined) {
      timelines.set(end, attempt.timeline)
    }
  }
  for (const [index, entry] of entries.entries()) {
    if (hasTag(entry, "Claimed")) {
      close(entry.event.job, open.get(entry.event.job)?.unsettledEnd)
      open.set(entry.event.job, { index, timeline: { claimed: entry } })
    }
    if (!("job" in entry.event)) {
      continue
    }
    const { job } = entry.event
    const attempt = open.get(job)
    if (attempt === undefined) {
      continue
    }
    if (hasTag(entry, "HandlerStarted")) {
      attempt.timeline = { ...attempt.timeline, started: entry }
    }
    if (hasTag(entry, "Cancelled") && entry.event.outcome === "success") {
      attempt.unsettledEnd = index
    }
    if (hasTag(entry, "HandlerFinished")) {
      attempt.timeline = { ...attempt.timeline, finished: entry }
      if (entry.event.outcome === "interrupted") {
        attempt.unsettledEnd = index
      }
    }
    if (hasTag(entry, "Settled")) {
      attempt.timeline = { ...attempt.timeline, settled: entry }
      close(job, index)
    }
  }
  for (const [job, { unsettledEnd }] of open) {
    close(job, unsettledEnd)
  }
  return timelines
}

interface OpenAttempt {
  readonly index: number
  timeline: AttemptTimeline
  /** Where its metrics are recorded if it is never settled. */
  unsettledEnd?: number
}

const hasTag = <Tag extends LoggedEvent["_tag"]>(entry: LogEntry, tag: Tag): entry is EntryOf<Tag> =>
  entry.event._tag === tag
