/**
 * The tables of jobs, read at the end to complete the event logs: a process that is killed between a write to the
 * tables and its answer has no log entry of that write.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type EventOf, type LogEntry, type LoggedEvent, startsOf } from "./event-log.ts"

const Numeric = Schema.Union(Schema.Number, Schema.NumberFromString)

/** A number that stands for the word at that place. */
const wordOf = <const Words extends readonly [string, ...ReadonlyArray<string>]>(words: Words) =>
  Schema.compose(
    Schema.transform(Numeric, Schema.UndefinedOr(Schema.Literal(...words)), {
      decode: (place) => words[place],
      encode: (word) => words.findIndex((one) => one === word)
    }),
    Schema.Literal(...words)
  )

/** The words for the numbers in the tables. */
const states = ["waiting", "held", "completed", "cancelled", "dead"] as const
const priorities = ["critical", "high", "normal", "low"] as const

const JobRow = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  priority: wordOf(priorities),
  state: wordOf(states),
  attempt: Numeric,
  retries: Numeric,
  redeliveries: Numeric,
  replays: Numeric
})
type JobRow = typeof JobRow.Type

const ErrorRow = Schema.Struct({ job_id: Schema.String, reason: Schema.String })

/** All jobs, and all failures that the tables keep. */
export interface JobTables {
  readonly jobs: ReadonlyArray<JobRow>
  readonly errors: ReadonlyArray<typeof ErrorRow.Type>
}

export const readJobTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const columns = sql.literal("id, type, priority, state, attempt, retries, redeliveries, replays")
  const jobs = yield* sql`SELECT ${columns} FROM jobs UNION ALL SELECT ${columns} FROM jobs_done`
  const errors = yield* sql`SELECT job_id, reason FROM job_errors ORDER BY job_id, run`
  return yield* Effect.all({
    jobs: Schema.decodeUnknown(Schema.Array(JobRow))(jobs),
    errors: Schema.decodeUnknown(Schema.Array(ErrorRow))(errors)
  })
})

/** The events that are in the tables and in no event log, in the order in which they must have happened. */
export const unloggedEvents = (
  { errors, jobs }: JobTables,
  entries: ReadonlyArray<LogEntry>
): ReadonlyArray<LoggedEvent> => {
  const byJob = new Map<string, Array<LoggedEvent>>()
  for (const { event } of entries) {
    if ("job" in event) {
      byJob.set(event.job, [...(byJob.get(event.job) ?? []), event])
    }
  }
  return jobs.flatMap((row) => {
    const reasons = errors.filter(({ job_id }) => job_id === row.id).map(({ reason }) => reason)
    return unloggedEventsOf(row, reasons, byJob.get(row.id) ?? [])
  })
}

const unloggedEventsOf = (
  row: JobRow,
  reasons: ReadonlyArray<string>,
  logged: ReadonlyArray<LoggedEvent>
): ReadonlyArray<LoggedEvent> => {
  const identity = { job: row.id, type: row.type, priority: row.priority }
  const succeeded = { outcome: "success", tookMs: 0 } as const
  const withTag = <Tag extends LoggedEvent["_tag"]>(tag: Tag) =>
    logged.filter((event): event is EventOf<Tag> => event._tag === tag)
  const settled = withTag("Settled").filter(({ isAccepted }) => isAccepted)
  const successes = (tag: "Submitted" | "Cancelled" | "Replayed") =>
    withTag(tag).filter(({ outcome }) => outcome === "success").length
  const failures = subtract(
    reasons,
    settled.flatMap(({ reason }) => reason ?? [])
  )
  const isDead = row.state === "dead" && settled.filter(({ as }) => as === "Dead").length <= row.replays
  const isCompleted = row.state === "completed" && !settled.some(({ as }) => as === "Completed")
  return [
    ...times(successes("Submitted") === 0 ? 1 : 0, (): LoggedEvent => {
      return { _tag: "Submitted", ...identity, ...succeeded }
    }),
    ...unloggedStarts(row, startsOf(logged)),
    ...failures.map((reason, index): LoggedEvent => {
      const as = isDead && index === failures.length - 1 ? "Dead" : "Retrying"
      return { _tag: "Settled", ...identity, as, isAccepted: true, reason }
    }),
    ...times(isCompleted ? 1 : 0, (): LoggedEvent => {
      return { _tag: "Settled", ...identity, as: "Completed", isAccepted: true }
    }),
    ...times(row.state === "cancelled" && successes("Cancelled") === 0 ? 1 : 0, (): LoggedEvent => {
      return { _tag: "Cancelled", ...identity, ...succeeded, attempts: row.attempt }
    }),
    ...times(row.replays - successes("Replayed"), (): LoggedEvent => ({ _tag: "Replayed", ...identity, ...succeeded }))
  ]
}

/** The starts without a log entry, but for first ones, which count nothing as they begin. */
const unloggedStarts = (row: JobRow, logged: ReadonlyArray<EventOf<"Started">>): ReadonlyArray<LoggedEvent> => {
  const redelivered = row.redeliveries - logged.filter(({ isRedelivered }) => isRedelivered).length
  const retried = row.retries - logged.filter(({ attempt, isRedelivered }) => attempt > 1 && !isRedelivered).length
  const start = (attempt: number, isRedelivered: boolean): ReadonlyArray<LoggedEvent> => {
    const { id: job, priority, type } = row
    const identity = { job, type, priority }
    return [
      { _tag: "Claimed", ...identity, ageMs: 0, dueMs: 0 },
      { _tag: "Started", ...identity, attempt, isRedelivered }
    ]
  }
  return [
    ...times(redelivered, () => start(row.attempt, true)),
    ...times(retried, () => start(Math.max(2, row.attempt), false))
  ].flat()
}

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: Math.max(0, count) }, (_, index) => make(index))

/** The first list without the texts of the second, each removed as often as it occurs there. */
const subtract = (texts: ReadonlyArray<string>, removed: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = [...removed]
  return texts.filter((text) => {
    const index = left.indexOf(text)
    if (index !== -1) {
      left.splice(index, 1)
    }
    return index === -1
  })
}
