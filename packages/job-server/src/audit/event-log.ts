/**
 * The ground truth of one process: what happened in it, in the order in which it happened, written down by the demo
 * itself. Nothing here is read from a metric. With a file every entry is there as soon as it is written, so that what a
 * killed process did is known to the last entry.
 *
 * Durations are measured with Node's own `performance.now` and `Date.now`, never with a clock of Effect.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { openSync, readFileSync, writeSync } from "node:fs"

const kind = { job: Schema.String, type: Schema.String, priority: Schema.String }

/** How something ended; `reason` is the failure's own word. */
const ending = {
  outcome: Schema.Literal("success", "failure", "defect", "interrupted"),
  reason: Schema.optionalWith(Schema.String, { exact: true })
}

/** How long it took, measured within what the library measures; or, of a client's call, around it. */
const took = { tookMs: Schema.Number }

/**
 * - `Submitted`, `Cancelled`, `Replayed`: the store was asked to do so. An interrupted submission was known already.
 * - `Refused`: a submission that never reached the store.
 * - `Claimed`: an attempt at a job begins on this runner; `dueAt` is what its waiting is counted from.
 * - `Began`, `Finished`: a handler.
 * - `Settled`: the store was told the end of an attempt. It is not ours when somebody else ended the job first.
 * - `Sent`: a call of an entity's client ended. `Arrived`, `Started`, `Handled`: a message at an entity.
 * - `Activated`, `Deactivated`: an entity. `Ran`: a singleton ended.
 */
const Happened = Schema.Union(
  Schema.TaggedStruct("Submitted", { ...kind, ...ending, ...took }),
  Schema.TaggedStruct("Refused", { ...kind, ...ending }),
  Schema.TaggedStruct("Cancelled", { ...kind, ...ending, ...took, attempts: Schema.Number }),
  Schema.TaggedStruct("Replayed", { ...kind, ...ending, ...took }),
  Schema.TaggedStruct("Claimed", {
    ...kind,
    attempt: Schema.Number,
    isRedelivered: Schema.Boolean,
    acceptedAt: Schema.Number,
    dueAt: Schema.Number
  }),
  Schema.TaggedStruct("Began", { job: Schema.String }),
  Schema.TaggedStruct("Finished", { job: Schema.String, ...ending, ...took }),
  Schema.TaggedStruct("Settled", {
    ...kind,
    as: Schema.Literal("Completed", "Retrying", "Dead", "Released"),
    isOurs: Schema.Boolean,
    reason: Schema.optionalWith(Schema.String, { exact: true })
  }),
  Schema.TaggedStruct("Sent", { entityType: Schema.String, message: Schema.String, ...ending, ...took }),
  Schema.TaggedStruct("Arrived", { entityType: Schema.String, message: Schema.String }),
  Schema.TaggedStruct("Started", { entityType: Schema.String, message: Schema.String }),
  Schema.TaggedStruct("Handled", { entityType: Schema.String, message: Schema.String, ...ending, ...took }),
  Schema.TaggedStruct("Activated", { entityType: Schema.String }),
  Schema.TaggedStruct("Deactivated", { entityType: Schema.String, reason: Schema.String, ...took }),
  Schema.TaggedStruct("Ran", { singleton: Schema.String, ...ending })
)
export type Happened = typeof Happened.Type

/**
 * Something that happened, and when: on a clock that only goes forward and on the wall's, both in milliseconds, and on
 * the clock that stamps exports, in nanoseconds, to know which entries an export comes after.
 */
const Entry = Schema.Struct({ at: Schema.Number, wallAt: Schema.Number, stamp: Schema.BigInt, what: Happened })
export type Entry = typeof Entry.Type

/** Everything that happened in one process. */
export class Ledger {
  readonly entries: Array<Entry> = []
  private readonly file: number | undefined

  constructor(file?: string) {
    this.file = file === undefined ? undefined : openSync(file, "a")
  }

  readonly write = (what: Happened): void => {
    const entry = { at: performance.now(), wallAt: Date.now(), stamp: clock.unsafeCurrentTimeNanos(), what }
    this.entries.push(entry)
    if (this.file !== undefined) writeSync(this.file, `${encode(entry)}\n`)
  }
}

/** Reads the ledger of another process. The last line of one that was killed may be half of one. */
export const readLedger = (file: string): Effect.Effect<ReadonlyArray<Entry>> =>
  Effect.suspend(() => {
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1)
    return Effect.orDie(Effect.forEach(lines, (line) => decode(line)))
  })

const clock = Clock.make()

const encode = Schema.encodeSync(Schema.parseJson(Entry))

const decode = Schema.decode(Schema.parseJson(Entry))
