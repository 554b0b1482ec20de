/** The history of failed attempts. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Numeric } from "./state.ts"

/** A failed attempt. */
export interface JobFailure {
  readonly attempt: number
  readonly failedAt: number
  readonly reason: string
  readonly message: string
}

/** The failures of these jobs, oldest first. */
export const failuresOf =
  (sql: SqlClient.SqlClient) =>
  (ids: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, ReadonlyArray<JobFailure>>, SqlError> =>
    ids.length === 0
      ? Effect.succeed(new Map())
      : Effect.map(
          sql<FailureRow>`
            SELECT job_id, attempt, failed_at, reason, message FROM job_errors
            WHERE ${sql.in("job_id", ids)} ORDER BY job_id, run`,
          groupFailures
        )

interface FailureRow {
  readonly job_id: string
  readonly attempt: Numeric
  readonly failed_at: Numeric
  readonly reason: string
  readonly message: string
}

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
