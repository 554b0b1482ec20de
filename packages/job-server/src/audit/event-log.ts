/**
 * The event log of one process: what happened there, in order, recorded without reading any metric. With a file each
 * entry is written at once, so that it is complete up to the moment a process is killed.
 *
 * Durations are measured with Node's `performance.now` and `Date.now`, never with a clock of Effect.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { exitOutcomes } from "./exit-outcome.ts"
import { openSync, readFileSync, writeSync } from "node:fs"

const kind = { type: Schema.String, priority: Schema.String }

const identity = { job: Schema.String, ...kind }

/** How something ended; `reason` is that of the error. */
const outcome = {
  outcome: Schema.Literal(...exitOutcomes),
  reason: Schema.optionalWith(Schema.String, { exact: true })
}

/** How long it took: at most as long as the library measures, but for a client's call at least as long. */
const took = { tookMs: Schema.Number }

const message = { entityType: Schema.String, message: Schema.String }

/**
 * - `SubmitCalled`: a submission began. What becomes of it is one of the next three, or it was interrupted before.
 * - `Rejected`: it did not reach the store.
 * - `Submitted`, `Cancelled`, `Replayed`: the store was asked to do so.
 * - `Deleted`: the store removed a dead letter for good.
 * - `Duplicate`: the store was asked to accept a job, and answered with a live one that has the same key.
 * - `Claimed`: the runner took a job, which was accepted `ageMs` ago and due `dueMs` ago by the database's clock.
 * - `Started`: the store marked that an attempt at a claimed job begins.
 * - `HandlerStarted`, `HandlerFinished`: the handler of an attempt.
 * - `Settled`: the store was told how it ended with a claimed job. It does not accept that from who has lost the job.
 * - `MessageSent`: a call of an entity's client ended.
 * - `MessageArrived`, `MessageStarted`, `MessageHandled`: a message at an entity.
 * - `EntityActivated`, `EntityDeactivated`: an entity started or stopped.
 * - `SingletonRan`: a run of a singleton ended.
 */
const LoggedEvent = Schema.Union(
  Schema.TaggedStruct("Submitted", { ...identity, ...outcome, ...took }),
  Schema.TaggedStruct("SubmitCalled", kind),
  Schema.TaggedStruct("Rejected", { ...kind, reason: Schema.String }),
  Schema.TaggedStruct("Duplicate", identity),
  Schema.TaggedStruct("Cancelled", { ...identity, ...outcome, ...took, attempts: Schema.Number }),
  Schema.TaggedStruct("Replayed", { ...identity, ...outcome, ...took }),
  Schema.TaggedStruct("Deleted", { job: Schema.String }),
  Schema.TaggedStruct("Claimed", { ...identity, ageMs: Schema.Number, dueMs: Schema.Number }),
  Schema.TaggedStruct("Started", {
    ...identity,
    attempt: Schema.Number,
    isRedelivered: Schema.Boolean
  }),
  Schema.TaggedStruct("HandlerStarted", { job: Schema.String }),
  Schema.TaggedStruct("HandlerFinished", { job: Schema.String, ...outcome, ...took }),
  Schema.TaggedStruct("Settled", {
    ...identity,
    as: Schema.Literal("Completed", "Retrying", "Dead", "Released", "Returned"),
    isAccepted: Schema.Boolean,
    reason: Schema.optionalWith(Schema.String, { exact: true })
  }),
  Schema.TaggedStruct("MessageSent", { ...message, ...outcome, ...took }),
  Schema.TaggedStruct("MessageArrived", message),
  Schema.TaggedStruct("MessageStarted", message),
  Schema.TaggedStruct("MessageHandled", { ...message, ...outcome, ...took }),
  Schema.TaggedStruct("EntityActivated", { entityType: Schema.String }),
  Schema.TaggedStruct("EntityDeactivated", { entityType: Schema.String, reason: Schema.String, ...took }),
  Schema.TaggedStruct("SingletonRan", { singleton: Schema.String, ...outcome })
)
export type LoggedEvent = typeof LoggedEvent.Type

/** The event with a tag. */
export type EventOf<Tag extends LoggedEvent["_tag"]> = Extract<LoggedEvent, { readonly _tag: Tag }>

/** The starts of attempts, without those of claims that went back before anything began. */
export const startsOf = (events: ReadonlyArray<LoggedEvent>): ReadonlyArray<EventOf<"Started">> => {
  const starts = new Set<EventOf<"Started">>()
  /** Of the claim of each job that is under way. */
  const open = new Map<string, EventOf<"Started">>()
  for (const event of events) {
    if (event._tag === "Claimed") {
      open.delete(event.job)
    } else if (event._tag === "Started") {
      starts.add(event)
      open.set(event.job, event)
    } else if (event._tag === "Settled" && event.as === "Returned" && event.isAccepted) {
      const start = open.get(event.job)
      if (start !== undefined) {
        starts.delete(start)
      }
    }
  }
  return Array.from(starts)
}

/**
 * An event and its time: in milliseconds on a monotonic clock and since the epoch, and in nanoseconds on the clock with
 * which exports are stamped, which tells the entries before an export from those after it.
 */
const LogEntry = Schema.Struct({
  monotonicMs: Schema.Number,
  epochMs: Schema.Number,
  exportNanos: Schema.BigInt,
  event: LoggedEvent
})
export type LogEntry = typeof LogEntry.Type

/** The event log of this process. */
export class EventLog {
  readonly entries: Array<LogEntry> = []
  /** Called after each entry. */
  onAppend = (): void => {}
  private readonly file: number | undefined

  constructor(file?: string) {
    this.file = file === undefined ? undefined : openSync(file, "a")
  }

  readonly append = (event: LoggedEvent): void => {
    const entry = {
      monotonicMs: performance.now(),
      epochMs: Date.now(),
      exportNanos: clock.unsafeCurrentTimeNanos(),
      event
    }
    this.entries.push(entry)
    if (this.file !== undefined) {
      writeSync(this.file, `${encode(entry)}\n`)
    }
    this.onAppend()
  }
}

/** Reads the event log of another process. If that was killed, its last line may be incomplete and is ignored. */
export const readEventLog = (file: string): Effect.Effect<ReadonlyArray<LogEntry>> =>
  Effect.suspend(() => {
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1)
    return Effect.orDie(Effect.forEach(lines, (line) => decode(line)))
  })

const clock = Clock.make()

const encode = Schema.encodeSync(Schema.parseJson(LogEntry))

const decode = Schema.decode(Schema.parseJson(LogEntry))
