/** How many jobs stand where, and since when: the numbers behind the gauges. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type JobState, type Numeric, stateOf } from "./state.ts"

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

/** These reads over a SQL client: scans of indexes that hold what is alive or dead, never what is done. */
export const counting = (sql: SqlClient.SqlClient) => {
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
