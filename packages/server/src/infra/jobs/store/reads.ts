/** What is read of jobs, wherever they stand. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ReadOperations } from "./operations.ts"
import { endingOf, type EndingRow, type FailureRow, failuresOf, statusOf, type StatusRow } from "./rows.ts"
import type { Session } from "./session.ts"

/** These operations over open tables. */
export const reads = (session: Session): Pick<ReadOperations, "status" | "ending" | "payload"> => {
  const { dialect, ours, sql, tables } = session
  const jobs = sql.literal(tables.jobs)
  const done = sql.literal(tables.done)
  const errors = sql.literal(tables.errors)
  const real = (column: string) => sql.literal(`CAST(${column} AS ${dialect.real}) AS ${column}`)
  const common = sql.literal(
    ["accepted_at", "due_at", "started_at"]
      .map((column) => `CAST(${column} AS ${dialect.real}) AS ${column}`)
      .join(", ") + ", id, type, priority, attempt, replays, redeliveries, held_by, progress, progress_note"
  )
  const waitingState = sql.literal(stateOfJob(dialect.now))
  const status = (id: string) =>
    Effect.gen(function* () {
      const [row] = yield* sql<StatusRow>`
        SELECT ${common}, ${waitingState} AS state, NULL AS finished_at, NULL AS reason FROM ${jobs} WHERE id = ${id}
        UNION ALL
        SELECT ${common}, ${sql.literal(stateOfDone)} AS state, ${real("finished_at")}, reason FROM ${done} WHERE id = ${id}`
      if (row === undefined) {
        return Option.none()
      }
      const failures = yield* sql<FailureRow>`
        SELECT job_id, attempt, ${real("failed_at")}, reason, message FROM ${errors} WHERE job_id = ${id} ORDER BY run`
      return Option.some(statusOf(row, failuresOf(failures).get(id) ?? []))
    })
  const ending = (id: string) =>
    Effect.map(
      sql<EndingRow>`
        SELECT found.*, f.message, f.error FROM (
          SELECT id, type, ${waitingState} AS state, attempt, NULL AS result, NULL AS reason FROM ${jobs} WHERE id = ${id}
          UNION ALL
          SELECT id, type, ${sql.literal(stateOfDone)}, attempt, result, reason FROM ${done} WHERE id = ${id}) found
        LEFT JOIN ${errors} f ON f.job_id = found.id AND f.run = (
          SELECT max(run) FROM ${errors} last WHERE last.job_id = found.id)`,
      ([row]) => Option.map(Option.fromNullable(row), endingOf)
    )
  const payload = (id: string) =>
    Effect.map(
      sql<{ readonly payload: string }>`
        SELECT payload FROM ${jobs} WHERE id = ${id} UNION ALL SELECT payload FROM ${done} WHERE id = ${id}`,
      ([row]) => Option.map(Option.fromNullable(row), (found) => found.payload)
    )
  return {
    status: (id) => ours(status(id)),
    ending: (id) => ours(ending(id)),
    payload: (id) => ours(payload(id))
  }
}

/** The word for where a job of the first table stands. */
export const stateOfJob = (
  now: string
): string => `CASE WHEN state = 1 THEN 'running' WHEN due_at <= ${now} THEN 'ready'
  WHEN is_retry = 1 THEN 'retrying' ELSE 'scheduled' END`

/** The word for how a job of the second table ended. */
export const stateOfDone = "CASE state WHEN 2 THEN 'completed' WHEN 3 THEN 'cancelled' ELSE 'dead' END"
