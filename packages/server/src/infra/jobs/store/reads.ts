/**
 * What is read of one job, wherever it stands. In a caller's transaction it is read as that transaction has left it.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Tables } from "./dialect.ts"
import type { JobStatus, ReadOperations } from "./operations.ts"
import { endingOf, type EndingRow, type FailureRow, failuresOf, statusOf, type StatusRow } from "./rows.ts"
import type { Session } from "./session.ts"

/** These operations over open tables. */
export const reads = (session: Session): Pick<ReadOperations, "status" | "ending" | "payload" | "traceparentByKey"> => {
  const { ours, sql, tables } = session
  const columns = statusColumns(session)
  const jobs = sql.literal(tables.jobs)
  const done = sql.literal(tables.done)
  const status = (id: string) =>
    sql<StatusRow>`
      SELECT ${columns.jobs} FROM ${jobs} WHERE id = ${id}
      UNION ALL
      SELECT ${columns.done} FROM ${done} WHERE id = ${id}`.pipe(
      Effect.flatMap((rows) => statusesOf(session, rows)),
      Effect.map(([found]) => Option.fromNullable(found))
    )
  const ending = (id: string) =>
    Effect.map(
      sql<EndingRow>`
        SELECT found.*, f.message, f.error FROM (
          SELECT id, type, ${columns.stateOfJob} AS state, attempt, NULL AS result, NULL AS reason FROM ${jobs}
          WHERE id = ${id}
          UNION ALL
          SELECT id, type, ${columns.stateOfDone}, attempt, result, reason FROM ${done} WHERE id = ${id}) found
        LEFT JOIN ${sql.literal(tables.errors)} f ON f.job_id = found.id AND f.run = (
          SELECT max(run) FROM ${sql.literal(tables.errors)} last WHERE last.job_id = found.id)`,
      ([row]) => Option.map(Option.fromNullable(row), endingOf)
    )
  const payload = (id: string) =>
    Effect.map(
      sql<{ readonly payload: string }>`
        SELECT payload FROM ${jobs} WHERE id = ${id} UNION ALL SELECT payload FROM ${done} WHERE id = ${id}`,
      ([row]) => Option.map(Option.fromNullable(row), (found) => found.payload)
    )
  const traceparentByKey = (type: string, key: string) => {
    const id = sql`(SELECT job_id FROM ${sql.literal(tables.unique)} WHERE type = ${type} AND key = ${key})`
    return Effect.map(
      sql<{ readonly traceparent: string | null }>`
        SELECT traceparent FROM ${jobs} WHERE id = ${id} UNION ALL SELECT traceparent FROM ${done} WHERE id = ${id}`,
      ([row]) => row?.traceparent ?? undefined
    )
  }
  return {
    traceparentByKey: (type, key) => ours(traceparentByKey(type, key)),
    status: (id) => ours(status(id)),
    ending: (id) => ours(ending(id)),
    payload: (id) => ours(payload(id))
  }
}

/** What is held, read in the order of an index: whatever the statistics say, it is not looked for among what waits. */
export const heldJobs = ({ jobs }: Tables): string =>
  `(SELECT * FROM ${jobs} WHERE state = 1 ORDER BY held_by LIMIT 1000000)`

/** The columns of a status, of each of the tables. */
export const statusColumns = ({ dialect, sql }: Session) => {
  const real = (column: string) => `CAST(${column} AS ${dialect.real}) AS ${column}`
  const both = `id, type, priority, attempt, ${["accepted_at", "due_at", "started_at"].map(real).join(", ")}, replays,
    redeliveries, held_by, progress, progress_note, traceparent, last_traceparent`
  const stateOfJob = `CASE WHEN state = 1 THEN 'running' WHEN due_at <= ${dialect.now} THEN 'ready'
    WHEN is_retry = 1 THEN 'retrying' ELSE 'scheduled' END`
  const stateOfDone = "CASE state WHEN 2 THEN 'completed' WHEN 3 THEN 'cancelled' ELSE 'dead' END"
  return {
    stateOfJob: sql.literal(stateOfJob),
    stateOfDone: sql.literal(stateOfDone),
    jobs: sql.literal(
      `${both}, ${stateOfJob} AS state, CAST(NULL AS ${dialect.real}) AS finished_at, CAST(NULL AS TEXT) AS reason`
    ),
    done: sql.literal(`${both}, ${stateOfDone} AS state, ${real("finished_at")}, reason`)
  }
}

/** The statuses of these rows, in their order, each with its failures. */
export const statusesOf = (
  { dialect, sql, tables }: Session,
  rows: ReadonlyArray<StatusRow>
): Effect.Effect<ReadonlyArray<JobStatus>, SqlError> =>
  rows.length === 0
    ? Effect.succeed([])
    : Effect.map(
        sql<FailureRow>`
          SELECT job_id, attempt, ${sql.literal(`CAST(failed_at AS ${dialect.real})`)} AS failed_at, reason, message
          FROM ${sql.literal(tables.errors)} WHERE ${sql.in(
            "job_id",
            rows.map(({ id }) => id)
          )} ORDER BY job_id, run`,
        (failures) => {
          const byJob = failuresOf(failures)
          return rows.map((row) => statusOf(row, byJob.get(row.id) ?? []))
        }
      )
