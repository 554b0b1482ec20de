/** What can be read of jobs without touching them: one job, the dead letters in pages, and how many wait. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Priority } from "../priority.ts"
import { type JobState, type Numeric, optionalNumber, priorityOf, stateOf } from "./state.ts"

/** What has to be known of a job to do something to it. */
export interface Found {
  readonly lane: number
  readonly jobType: string
  readonly priority: Priority
  readonly state: JobState
}

/** A failed attempt. */
export interface JobFailure {
  readonly attempt: number
  readonly failedAt: number
  readonly reason: string
  readonly message: string
}

/** A job as it stands. Times are epoch milliseconds. */
export interface JobStatus {
  readonly id: string
  readonly jobType: string
  readonly state: JobState
  readonly priority: Priority
  /** The number of the last attempt that began, since the last replay; 0 before the first. */
  readonly attempt: number
  readonly acceptedAt: number
  readonly dueAt: number
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly replays: number
  readonly redeliveries: number
  readonly heldBy: string | undefined
  /** Why it is a dead letter. */
  readonly reason: string | undefined
  /** The history of failures, oldest first, over replays. */
  readonly errors: ReadonlyArray<JobFailure>
}

/** What a job ended with. */
export interface JobEnding {
  readonly jobType: string
  readonly state: JobState
  readonly attempt: number
  readonly result: string | undefined
  readonly reason: string | undefined
  readonly message: string | undefined
  /** The typed error of the last failed attempt, as JSON. */
  readonly error: string | undefined
}

/** A dead letter. */
export interface DeadLetter {
  readonly id: string
  readonly jobType: string
  readonly priority: Priority
  readonly reason: string
  readonly attempts: number
  readonly replays: number
  readonly acceptedAt: number
  readonly deadAt: number
  readonly errors: ReadonlyArray<JobFailure>
}

/** Which page of the dead letters. */
export interface ListOptions {
  readonly jobType?: string | undefined
  /** At most so many; 50 unless given. */
  readonly limit?: number | undefined
  /** The `next` of the page before. */
  readonly after?: string | undefined
}

/** A page of dead letters, oldest first. */
export interface DeadLetterPage {
  readonly items: ReadonlyArray<DeadLetter>
  /** The `after` of the next page; absent on the last one. */
  readonly next: string | undefined
}

/** How many jobs of a type stand in a state. */
export interface Depth {
  readonly jobType: string
  readonly state: JobState
  readonly jobs: number
}

/** Since when, in epoch milliseconds, the oldest one of a type stands there. */
export interface Oldest {
  readonly jobType: string
  readonly since: number
}

interface JobRow {
  readonly id: string
  readonly job_type: string
  readonly state: string
  readonly priority: string
  readonly attempt: Numeric
  readonly accepted_at: Numeric
  readonly due_at: Numeric
  readonly started_at: Numeric | null
  readonly finished_at: Numeric | null
  readonly replays: Numeric
  readonly redeliveries: Numeric
  readonly held_by: string | null
  readonly reason: string | null
}

interface FailureRow {
  readonly job_id: string
  readonly attempt: Numeric
  readonly failed_at: Numeric
  readonly reason: string
  readonly message: string
}

export const reading = (sql: SqlClient.SqlClient) => {
  const find = (id: string): Effect.Effect<Option.Option<Found>, SqlError> =>
    Effect.map(
      sql<{ readonly lane: Numeric; readonly job_type: string; readonly priority: string; readonly state: string }>`
        SELECT lane, job_type, priority, state FROM jobs WHERE id = ${id}`,
      (rows) =>
        Option.map(Option.fromNullable(rows[0]), (row) => ({
          lane: Number(row.lane),
          jobType: row.job_type,
          priority: priorityOf(row.priority),
          state: stateOf(row.state)
        }))
    )

  const status = (id: string): Effect.Effect<Option.Option<JobStatus>, SqlError> =>
    Effect.gen(function* () {
      const [row] = yield* sql<JobRow>`
        SELECT id, job_type, state, priority, attempt, accepted_at, due_at, started_at, finished_at, replays,
          redeliveries, held_by, reason
        FROM jobs WHERE id = ${id}`
      return row === undefined ? Option.none() : Option.some(statusOf(row, (yield* failuresOf([id])).get(id) ?? []))
    })

  const ending = (id: string): Effect.Effect<Option.Option<JobEnding>, SqlError> =>
    Effect.map(
      sql<EndingRow>`
        SELECT job_type, state, attempt, result, jobs.reason, last.message, last.error
        FROM jobs LEFT JOIN (
          SELECT job_id, message, error FROM job_errors WHERE job_id = ${id} ORDER BY run DESC LIMIT 1) last
          ON last.job_id = jobs.id
        WHERE id = ${id}`,
      (rows) => Option.map(Option.fromNullable(rows[0]), endingOf)
    )

  const failuresOf = (ids: ReadonlyArray<string>): Effect.Effect<Map<string, Array<JobFailure>>, SqlError> =>
    ids.length === 0
      ? Effect.succeed(new Map())
      : Effect.map(
          sql<FailureRow>`
            SELECT job_id, attempt, failed_at, reason, message FROM job_errors
            WHERE ${sql.in("job_id", ids)} ORDER BY job_id, run`,
          groupFailures
        )

  const listDead = ({ after, jobType, limit = 50 }: ListOptions): Effect.Effect<DeadLetterPage, SqlError> =>
    Effect.gen(function* () {
      const [deadAt, afterId] = after === undefined ? [] : after.split("-")
      const rows = yield* sql<JobRow>`
        SELECT id, job_type, state, priority, attempt, accepted_at, due_at, started_at, finished_at, replays,
          redeliveries, held_by, reason
        FROM jobs WHERE ${sql.and([
          sql`state = 'dead'`,
          ...(jobType === undefined ? [] : [sql`job_type = ${jobType}`]),
          ...(deadAt === undefined || afterId === undefined
            ? []
            : [sql`(finished_at, id) > (${Number(deadAt)}, ${afterId})`])
        ])}
        ORDER BY finished_at, id LIMIT ${limit}`
      const failures = yield* failuresOf(rows.map(({ id }) => id))
      const last = rows.length < limit ? undefined : rows.at(-1)
      return {
        items: rows.map((row) => deadLetterOf(row, failures.get(row.id) ?? [])),
        next: last === undefined ? undefined : `${Number(last.finished_at)}-${last.id}`
      }
    })

  return { find, status, ending, listDead, ...counting(sql) }
}

/** The numbers behind the gauges: index scans over what is alive or dead, never over what is done. */
const counting = (sql: SqlClient.SqlClient) => {
  const depth: Effect.Effect<ReadonlyArray<Depth>, SqlError> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.map(
      sql<{ readonly job_type: string; readonly state: string; readonly jobs: Numeric }>`
        SELECT job_type, state, sum(jobs) AS jobs FROM (
          SELECT job_type, 'ready' AS state, count(*) AS jobs FROM jobs WHERE state = 'ready' GROUP BY job_type
          UNION ALL
          SELECT job_type, CASE WHEN due_at <= ${now} THEN 'ready' ELSE state END, count(*) FROM jobs
          WHERE state IN ('scheduled', 'retrying') GROUP BY 1, 2
          UNION ALL
          SELECT job_type, 'running', count(*) FROM jobs WHERE state = 'running' GROUP BY job_type) alive
        GROUP BY job_type, state`,
      (rows) => rows.map((row) => ({ jobType: row.job_type, state: stateOf(row.state), jobs: Number(row.jobs) }))
    )
  )

  const oldestWaiting: Effect.Effect<ReadonlyArray<Oldest>, SqlError> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.map(
      sql<OldestRow>`
        SELECT job_type, min(since) AS since FROM (
          SELECT job_type, min(due_at) AS since FROM jobs WHERE state = 'ready' GROUP BY job_type
          UNION ALL
          SELECT job_type, min(due_at) FROM jobs
          WHERE state IN ('scheduled', 'retrying') AND due_at <= ${now} GROUP BY job_type) waiting
        GROUP BY job_type`,
      oldestOf
    )
  )

  const dead: Effect.Effect<ReadonlyArray<Depth>, SqlError> = Effect.map(
    sql<{ readonly job_type: string; readonly jobs: Numeric }>`
      SELECT job_type, count(*) AS jobs FROM jobs WHERE state = 'dead' GROUP BY job_type`,
    (rows) => rows.map((row) => ({ jobType: row.job_type, state: "dead" as const, jobs: Number(row.jobs) }))
  )

  const oldestDead: Effect.Effect<ReadonlyArray<Oldest>, SqlError> = Effect.map(
    sql<OldestRow>`SELECT job_type, min(finished_at) AS since FROM jobs WHERE state = 'dead' GROUP BY job_type`,
    oldestOf
  )

  return { depth, oldestWaiting, dead, oldestDead }
}

interface OldestRow {
  readonly job_type: string
  readonly since: Numeric
}

const oldestOf = (rows: ReadonlyArray<OldestRow>): ReadonlyArray<Oldest> =>
  rows.map((row) => ({ jobType: row.job_type, since: Number(row.since) }))

interface EndingRow {
  readonly job_type: string
  readonly state: string
  readonly attempt: Numeric
  readonly result: string | null
  readonly reason: string | null
  readonly message: string | null
  readonly error: string | null
}

const endingOf = (row: EndingRow): JobEnding => ({
  jobType: row.job_type,
  state: stateOf(row.state),
  attempt: Number(row.attempt),
  result: row.result ?? undefined,
  reason: row.reason ?? undefined,
  message: row.message ?? undefined,
  error: row.error ?? undefined
})

const statusOf = (row: JobRow, errors: ReadonlyArray<JobFailure>): JobStatus => ({
  id: row.id,
  jobType: row.job_type,
  state: stateOf(row.state),
  priority: priorityOf(row.priority),
  attempt: Number(row.attempt),
  acceptedAt: Number(row.accepted_at),
  dueAt: Number(row.due_at),
  startedAt: optionalNumber(row.started_at),
  finishedAt: optionalNumber(row.finished_at),
  replays: Number(row.replays),
  redeliveries: Number(row.redeliveries),
  heldBy: row.held_by ?? undefined,
  reason: row.reason ?? undefined,
  errors
})

const deadLetterOf = (row: JobRow, errors: ReadonlyArray<JobFailure>): DeadLetter => ({
  id: row.id,
  jobType: row.job_type,
  priority: priorityOf(row.priority),
  reason: row.reason ?? "Unknown",
  attempts: Number(row.attempt),
  replays: Number(row.replays),
  acceptedAt: Number(row.accepted_at),
  deadAt: Number(row.finished_at),
  errors
})

const groupFailures = (rows: ReadonlyArray<FailureRow>): Map<string, Array<JobFailure>> => {
  const byJob = new Map<string, Array<JobFailure>>()
  for (const row of rows) {
    const of = byJob.get(row.job_id) ?? []
    of.push({
      attempt: Number(row.attempt),
      failedAt: Number(row.failed_at),
      reason: row.reason,
      message: row.message
    })
    byJob.set(row.job_id, of)
  }
  return byJob
}
