/** The attempts at jobs in an event log, each from the claim of its job to its end. */
import type { EventOf, LogEntry, LoggedEvent } from "./event-log.ts"

type EntryOf<Tag extends LoggedEvent["_tag"]> = LogEntry & { readonly event: EventOf<Tag> }

/** One attempt. What is absent did not happen before the process ended. */
export interface AttemptTimeline {
  readonly claimed: EntryOf<"Claimed">
  readonly started: EntryOf<"Started">
  readonly handlerStarted?: LogEntry
  readonly finished?: EntryOf<"HandlerFinished">
  readonly settled?: EntryOf<"Settled">
}

/** The attempts by the index of the entry at which their metrics are recorded. */
export interface AttemptTimelines {
  /** As they begin: when the handler starts, or when it is clear that it never will. */
  readonly begun: ReadonlyMap<number, AttemptTimeline>
  /**
   * As they end: when the store was told how. A job that was lost or cancelled meanwhile is not settled; the metrics of
   * its attempt are recorded when its handler ends. Without a handler there is nothing to record.
   */
  readonly ended: ReadonlyMap<number, AttemptTimeline>
}

/** What was claimed and is not settled. */
interface Open {
  readonly claimed: EntryOf<"Claimed">
  timeline?: AttemptTimeline
  startedIndex?: number
  finishedIndex?: number
}

export const attemptTimelines = (entries: ReadonlyArray<LogEntry>): AttemptTimelines => {
  const begun = new Map<number, AttemptTimeline>()
  const ended = new Map<number, AttemptTimeline>()
  const open = new Map<string, Open>()
  const close = (job: string, settled?: { readonly index: number; readonly entry: EntryOf<"Settled"> }) => {
    const { finishedIndex, startedIndex, timeline } = open.get(job) ?? {}
    open.delete(job)
    const isReturned = settled?.entry.event.as === "Returned"
    if (timeline === undefined || startedIndex === undefined || isReturned) {
      return
    }
    const whole = settled === undefined ? timeline : { ...timeline, settled: settled.entry }
    begun.set(startedIndex, whole)
    const end = finishedIndex === undefined ? undefined : (settled?.index ?? finishedIndex)
    if (end !== undefined) {
      ended.set(end, whole)
    }
  }
  for (const [index, entry] of entries.entries()) {
    if (!("job" in entry.event)) {
      continue
    }
    const { job } = entry.event
    if (hasTag(entry, "Claimed")) {
      close(job)
      open.set(job, { claimed: entry })
    }
    const of = open.get(job)
    if (of !== undefined) {
      advance(of, entry, index)
    }
    if (hasTag(entry, "Settled")) {
      close(job, { index, entry })
    }
  }
  for (const job of open.keys()) {
    close(job)
  }
  return { begun, ended }
}

const advance = (of: Open, entry: LogEntry, index: number): void => {
  if (hasTag(entry, "Started")) {
    of.timeline = { claimed: of.claimed, started: entry }
    of.startedIndex = index
  } else if (of.timeline !== undefined && hasTag(entry, "HandlerStarted")) {
    of.timeline = { ...of.timeline, handlerStarted: entry }
    of.startedIndex = index
  } else if (of.timeline !== undefined && hasTag(entry, "HandlerFinished")) {
    of.timeline = { ...of.timeline, finished: entry }
    of.finishedIndex = index
  }
}

const hasTag = <Tag extends LoggedEvent["_tag"]>(entry: LogEntry, tag: Tag): entry is EntryOf<Tag> =>
  entry.event._tag === tag
