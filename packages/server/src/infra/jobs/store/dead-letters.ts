/** The dead letters in pages. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Priority } from "../priority.ts"
import { failuresOf, type JobFailure } from "./failures.ts"
import { type JobRow, statusOf } from "./read.ts"

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
  /** At most so many, up to 1000; 50 unless given. */
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

/** This read over a SQL client. */
export const listing = (sql: SqlClient.SqlClient) => ({ listDead: listDead(sql) })

const listDead =
  (sql: SqlClient.SqlClient) =>
  ({ after, jobType, limit = 50 }: ListOptions): Effect.Effect<DeadLetterPage, SqlError> =>
    Effect.gen(function* () {
      const [deadAt, afterId] =
        after === undefined ? [] : [after.slice(0, after.indexOf("-")), after.slice(after.indexOf("-") + 1)]
      const rows = yield* sql<JobRow>`
        SELECT id, job_type, state, priority, attempt, accepted_at, due_at, started_at, finished_at, replays, redeliveries,
          held_by, reason
        FROM jobs WHERE ${sql.and([
          sql`state = 'dead'`,
          ...(jobType === undefined ? [] : [sql`job_type = ${jobType}`]),
          ...(deadAt === undefined || afterId === undefined
            ? []
            : [sql`(finished_at, id) > (${Number(deadAt)}, ${afterId})`])
        ])}
        ORDER BY finished_at, id LIMIT ${limit}`
      const failures = yield* failuresOf(sql)(rows.map(({ id }) => id))
      const last = rows.length < limit ? undefined : rows.at(-1)
      return {
        items: rows.map((row) => deadLetterOf(row, failures.get(row.id) ?? [])),
        next: last === undefined ? undefined : `${Number(last.finished_at)}-${last.id}`
      }
    })

const deadLetterOf = (row: JobRow, failures: ReadonlyArray<JobFailure>): DeadLetter => {
  const { acceptedAt, attempt, errors, finishedAt, id, jobType, priority, reason, replays } = statusOf(row, failures)
  return {
    id,
    jobType,
    priority,
    reason: reason ?? "Unknown",
    attempts: attempt,
    replays,
    acceptedAt,
    deadAt: finishedAt ?? acceptedAt,
    errors
  }
}
