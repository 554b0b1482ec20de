/**
 * The tables of jobs, read at the end as a second witness. A process that is killed between a write and its answer does
 * not know that the write was made, and neither does its ledger; the tables do.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Entry, Happened } from "./event-log.ts"

const Numeric = Schema.Union(Schema.Number, Schema.NumberFromString)

const JobRow = Schema.Struct({
  id: Schema.String,
  job_type: Schema.String,
  priority: Schema.String,
  state: Schema.String,
  attempt: Numeric,
  run: Numeric,
  retries: Numeric,
  redeliveries: Numeric,
  replays: Numeric,
  accepted_at: Numeric,
  due_at: Numeric
})

const ErrorRow = Schema.Struct({ job_id: Schema.String, reason: Schema.String })

/** Every job as it stands, and every failure that was kept. */
export interface Tables {
  readonly jobs: ReadonlyArray<typeof JobRow.Type>
  readonly errors: ReadonlyArray<typeof ErrorRow.Type>
}

export const readTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const jobs = yield* sql`
    SELECT id, job_type, priority, state, attempt, run, retries, redeliveries, replays, accepted_at, due_at FROM jobs`
  const errors = yield* sql`SELECT job_id, reason FROM job_errors ORDER BY job_id, run`
  return yield* Effect.all({
    jobs: Schema.decodeUnknown(Schema.Array(JobRow))(jobs),
    errors: Schema.decodeUnknown(Schema.Array(ErrorRow))(errors)
  })
})

/** What the tables know and no ledger does: in the order in which it must have happened. */
export const unanswered = ({ errors, jobs }: Tables, entries: ReadonlyArray<Entry>): ReadonlyArray<Happened> => {
  const byJob = new Map<string, Array<Happened>>()
  for (const { what } of entries) {
    if ("job" in what) byJob.set(what.job, [...(byJob.get(what.job) ?? []), what])
  }
  return jobs.flatMap((row) => {
    const reasons = errors.filter(({ job_id }) => job_id === row.id).map(({ reason }) => reason)
    return unansweredOf(row, reasons, byJob.get(row.id) ?? [])
  })
}

const unansweredOf = (
  row: typeof JobRow.Type,
  reasons: ReadonlyArray<string>,
  known: ReadonlyArray<Happened>
): ReadonlyArray<Happened> => {
  const kind = { job: row.id, type: row.job_type, priority: row.priority }
  const succeeded = { outcome: "success", tookMs: 0 } as const
  const of = <Tag extends Happened["_tag"]>(tag: Tag) => known.filter((what): what is Of<Tag> => what._tag === tag)
  const settled = of("Settled").filter(({ isOurs }) => isOurs)
  const isDone = (tag: "Submitted" | "Cancelled" | "Replayed") =>
    of(tag).filter(({ outcome }) => outcome === "success").length
  const failures = without(
    reasons,
    settled.flatMap(({ reason }) => reason ?? [])
  )
  const isDead = row.state === "dead" && settled.filter(({ as }) => as === "Dead").length <= row.replays
  const isCompleted = row.state === "completed" && !settled.some(({ as }) => as === "Completed")
  return [
    ...times(isDone("Submitted") === 0 ? 1 : 0, (): Happened => ({ _tag: "Submitted", ...kind, ...succeeded })),
    ...claims(row, of("Claimed")),
    ...failures.map((reason, index): Happened => {
      const as = isDead && index === failures.length - 1 ? "Dead" : "Retrying"
      return { _tag: "Settled", ...kind, as, isOurs: true, reason }
    }),
    ...times(isCompleted ? 1 : 0, (): Happened => ({ _tag: "Settled", ...kind, as: "Completed", isOurs: true })),
    ...times(row.state === "cancelled" && isDone("Cancelled") === 0 ? 1 : 0, (): Happened => {
      return { _tag: "Cancelled", ...kind, ...succeeded, attempts: row.attempt }
    }),
    ...times(row.replays - isDone("Replayed"), (): Happened => ({ _tag: "Replayed", ...kind, ...succeeded }))
  ]
}

/** Claims that were made and never answered: the number of runs tells how many, the other two numbers of which kind. */
const claims = (row: typeof JobRow.Type, known: ReadonlyArray<Of<"Claimed">>): ReadonlyArray<Happened> => {
  const redelivered = row.redeliveries - known.filter(({ isRedelivered }) => isRedelivered).length
  const retried = row.retries - known.filter(({ attempt, isRedelivered }) => attempt > 1 && !isRedelivered).length
  return times(row.run - known.length, (index) => ({
    _tag: "Claimed",
    job: row.id,
    type: row.job_type,
    priority: row.priority,
    attempt: index < redelivered || retried === 0 ? 1 : row.attempt,
    isRedelivered: index < redelivered,
    acceptedAt: row.accepted_at,
    dueAt: row.due_at
  }))
}

type Of<Tag extends Happened["_tag"]> = Extract<Happened, { readonly _tag: Tag }>

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: Math.max(0, count) }, (_, index) => make(index))

/** The words of the first list that the second one does not have, each as often as it is missing. */
const without = (words: ReadonlyArray<string>, taken: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = [...taken]
  return words.filter((word) => {
    const index = left.indexOf(word)
    if (index !== -1) left.splice(index, 1)
    return index === -1
  })
}
