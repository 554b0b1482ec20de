/** One job as the tables have it. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Priority } from "../priority.ts"
import { failuresOf, type JobFailure } from "./failures.ts"
import { type JobState, type Numeric, optionalNumber, priorityOf, stateOf } from "./state.ts"

/** What has to be known of a job to do something to it. */
export interface Found {
  readonly lane: number
  readonly jobType: string
  readonly priority: Priority
  readonly state: JobState
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

/** These reads over a SQL client. */
export const reading = (sql: SqlClient.SqlClient) => ({ find: find(sql), status: status(sql), ending: ending(sql) })

const find =
  (sql: SqlClient.SqlClient) =>
  (id: string): Effect.Effect<Option.Option<Found>, SqlError> =>
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

const status =
  (sql: SqlClient.SqlClient) =>
  (id: string): Effect.Effect<Option.Option<JobStatus>, SqlError> =>
    Effect.gen(function* () {
      const [row] = yield* sql<JobRow>`
        SELECT id, job_type, state, priority, attempt, accepted_at, due_at, started_at, finished_at, replays, redeliveries,
          held_by, reason
        FROM jobs WHERE id = ${id}`
      return row === undefined
        ? Option.none()
        : Option.some(statusOf(row, (yield* failuresOf(sql)([id])).get(id) ?? []))
    })

const ending =
  (sql: SqlClient.SqlClient) =>
  (id: string): Effect.Effect<Option.Option<JobEnding>, SqlError> =>
    Effect.map(
      sql<EndingRow>`
        SELECT job_type, state, attempt, result, jobs.reason, last.message, last.error
        FROM jobs LEFT JOIN (
          SELECT job_id, message, error FROM job_errors WHERE job_id = ${id} ORDER BY run DESC LIMIT 1) last
          ON last.job_id = jobs.id
        WHERE id = ${id}`,
      (rows) => Option.map(Option.fromNullable(rows[0]), endingOf)
    )

/** The columns that a status is made of. */
export interface JobRow {
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

export const statusOf = (row: JobRow, errors: ReadonlyArray<JobFailure>): JobStatus => ({
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
