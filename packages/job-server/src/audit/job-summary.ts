/** What became of the jobs, according to the event logs of all processes. */
import { type EventOf, type LogEntry, type LoggedEvent, startsOf } from "./event-log.ts"
import type { JobTables } from "./job-tables.ts"

/** The jobs of a run; each is in exactly one of `completed`, `failed`, `cancelled` and `unfinished`. */
export interface JobSummary {
  readonly total: number
  readonly types: Readonly<Record<string, number>>
  readonly completed: number
  /** Jobs that are dead letters. */
  readonly failed: number
  /** Dead letters by the reason of their last failure. */
  readonly failures: Readonly<Record<string, number>>
  readonly cancelled: number
  /** Attempts after the first. */
  readonly retried: number
  /** Replays of dead letters. */
  readonly replayed: number
  /** Attempts at jobs whose runner was lost or handed them over. */
  readonly redelivered: number
  /** Jobs that had not ended when the run did. */
  readonly unfinished: number
}

export const jobSummary = (entries: ReadonlyArray<LogEntry>): JobSummary => {
  const events = entries.map(({ event }) => event)
  const submitted = events.filter(hasTag("Submitted")).filter(hasSucceeded)
  const cancelled = events.filter(hasTag("Cancelled")).filter(hasSucceeded).length
  const started = startsOf(events)
  const settled = events.filter(hasTag("Settled")).filter(({ isAccepted }) => isAccepted)
  const completed = settled.filter((one) => one.as === "Completed").length
  const dead = deadLetters(events)
  return {
    total: submitted.length,
    types: countEach(submitted.map(({ type }) => type)),
    completed,
    failed: dead.length,
    failures: countEach(dead.map(({ reason }) => reason ?? "")),
    cancelled,
    retried: started.filter(({ attempt, isRedelivered }) => attempt > 1 && !isRedelivered).length,
    replayed: events.filter(hasTag("Replayed")).filter(hasSucceeded).length,
    redelivered: started.filter(({ isRedelivered }) => isRedelivered).length,
    unfinished: submitted.length - completed - dead.length - cancelled
  }
}

/** The dead letters at the end, each by its last failure: those that were replayed since are left out. */
export const deadLetters = (events: ReadonlyArray<LoggedEvent>): ReadonlyArray<EventOf<"Settled">> => {
  const died = events.filter(hasTag("Settled")).filter(({ as, isAccepted }) => isAccepted && as === "Dead")
  const replayed = events.filter(hasTag("Replayed")).filter(hasSucceeded)
  const replaysLeft = new Map<string, number>()
  for (const { job } of replayed) {
    replaysLeft.set(job, (replaysLeft.get(job) ?? 0) + 1)
  }
  return died.filter(({ job }) => {
    const left = replaysLeft.get(job) ?? 0
    replaysLeft.set(job, left - 1)
    return left <= 0
  })
}

/** What is left of the entries without those of jobs that were removed from the tables. */
export const withoutDeleted = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<LogEntry> => {
  const deleted = new Set(entries.flatMap(({ event }) => (event._tag === "Deleted" ? [event.job] : [])))
  return deleted.size === 0 ? entries : entries.filter(({ event }) => !("job" in event && deleted.has(event.job)))
}

/** The same according to the tables. */
export const summaryOfTables = ({ errors, jobs }: JobTables): JobSummary => {
  const inState = (state: string) => jobs.filter((job) => job.state === state)
  const dead = inState("dead")
  const lastReasons = new Map(errors.map(({ job_id, reason }) => [job_id, reason]))
  const add = (column: "retries" | "replays" | "redeliveries") => jobs.reduce((sum, job) => sum + job[column], 0)
  return {
    total: jobs.length,
    types: countEach(jobs.map(({ type }) => type)),
    completed: inState("completed").length,
    failed: dead.length,
    failures: countEach(dead.map(({ id }) => lastReasons.get(id) ?? "")),
    cancelled: inState("cancelled").length,
    retried: add("retries"),
    replayed: add("replays"),
    redelivered: add("redeliveries"),
    unfinished: inState("waiting").length + inState("held").length
  }
}

const hasTag =
  <Tag extends LoggedEvent["_tag"]>(tag: Tag) =>
  (event: LoggedEvent): event is EventOf<Tag> =>
    event._tag === tag

const hasSucceeded = ({ outcome }: { readonly outcome: string }) => outcome === "success"

const countEach = (texts: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>()
  for (const text of [...texts].sort()) {
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}
