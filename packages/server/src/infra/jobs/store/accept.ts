/** The writes that bring jobs in and out from outside: submit, cancel, replay, purge. Each is one statement. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { priorities } from "../../../observe/catalogue.ts"
import { firstAt } from "../id.ts"
import { type Priority, rankOf } from "../priority.ts"
import { type Numeric, priorityOf } from "./state.ts"

/** A job to be accepted. */
export interface Submission {
  readonly id: string
  readonly jobType: string
  readonly lane: number
  readonly priority: Priority
  readonly payload: string
  readonly dedupeKey?: string | undefined
  /** Not before this time, in epoch milliseconds. */
  readonly deliverAt?: number | undefined
}

/** What the dispatcher has to know of a job that waits. */
export interface Waiting {
  readonly jobType: string
  readonly lane: number
  readonly priority: Priority
  readonly dueAt: number
}

/** Which dead letters to purge: those that match all that is given. */
export interface PurgeOptions {
  readonly ids?: ReadonlyArray<string> | undefined
  readonly jobType?: string | undefined
  /** Dead since before this time, in epoch milliseconds. */
  readonly before?: number | undefined
}

/** Which finished jobs to purge. */
export interface PurgeFinishedOptions {
  readonly jobType?: string | undefined
  /** Completed or cancelled before this time, in epoch milliseconds. */
  readonly before: number
}

/** These writes over a SQL client. */
export const acceptance = (sql: SqlClient.SqlClient) => ({
  insert: insert(sql),
  isKnown: isKnown(sql),
  findLive: findLive(sql),
  cancel: cancel(sql),
  replay: replay(sql),
  purge: purge(sql),
  purgeFinished: purgeFinished(sql)
})

/** Inserts a job; nothing when there is one with its id, or a live one with its type and dedupe key. */
const insert =
  (sql: SqlClient.SqlClient) =>
  (job: Submission): Effect.Effect<Option.Option<Waiting>, SqlError> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const dueAt = Math.max(now, job.deliverAt ?? now)
      const state = dueAt > now ? "scheduled" : "ready"
      const rows = yield* sql`
      INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, dedupe_key, payload)
      VALUES (${job.id}, ${job.jobType}, ${job.lane}, ${job.priority}, ${state}, ${rankOf(job.priority, dueAt)},
        ${dueAt}, ${now}, ${job.dedupeKey ?? null}, ${job.payload})
      ON CONFLICT DO NOTHING RETURNING id`
      return rows.length === 0
        ? Option.none()
        : Option.some({ jobType: job.jobType, lane: job.lane, priority: job.priority, dueAt })
    })

const isKnown =
  (sql: SqlClient.SqlClient) =>
  (id: string): Effect.Effect<boolean, SqlError> =>
    Effect.map(sql`SELECT id FROM jobs WHERE id = ${id}`, (rows) => rows.length > 0)

/** The id of the live job with this key. */
const findLive =
  (sql: SqlClient.SqlClient) =>
  (jobType: string, dedupeKey: string): Effect.Effect<Option.Option<string>, SqlError> =>
    Effect.map(
      sql<{ readonly id: string }>`
      SELECT id FROM jobs WHERE job_type = ${jobType} AND dedupe_key = ${dedupeKey}
        AND dedupe_key IS NOT NULL AND state IN ('ready', 'scheduled', 'running', 'retrying')`,
      (rows) => Option.map(Option.fromNullable(rows[0]), ({ id }) => id)
    )

/** Cancels a job that is alive; how many attempts it had taken, nothing when it was not alive. */
const cancel =
  (sql: SqlClient.SqlClient) =>
  (id: string): Effect.Effect<Option.Option<number>, SqlError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        sql<{ readonly attempt: Numeric }>`
        UPDATE jobs SET state = 'cancelled', finished_at = ${now}
        WHERE id = ${id} AND state IN ('ready', 'scheduled', 'running', 'retrying') RETURNING attempt`,
        (rows) => Option.map(Option.fromNullable(rows[0]), ({ attempt }) => Number(attempt))
      )
    )

/** Puts a dead letter back to work, its attempts counted from the start; nothing when it is none, or its key is taken. */
const replay =
  (sql: SqlClient.SqlClient) =>
  (id: string): Effect.Effect<Option.Option<Waiting>, SqlError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        sql<{ readonly job_type: string; readonly lane: number; readonly priority: string }>`
        UPDATE jobs SET state = 'ready', attempt = 0, redeliver = 0, losses = 0, replays = replays + 1, due_at = ${now},
          rank = ${rankAt(sql, now)}, finished_at = NULL, started_at = NULL, reason = NULL
        WHERE id = ${id} AND state = 'dead' AND (dedupe_key IS NULL OR NOT EXISTS (
          SELECT 1 FROM jobs other WHERE other.job_type = jobs.job_type AND other.dedupe_key = jobs.dedupe_key
            AND other.dedupe_key IS NOT NULL AND other.state IN ('ready', 'scheduled', 'running', 'retrying')))
        RETURNING job_type, lane, priority`,
        (rows) =>
          Option.map(Option.fromNullable(rows[0]), (row) => ({
            jobType: row.job_type,
            lane: Number(row.lane),
            priority: priorityOf(row.priority),
            dueAt: now
          }))
      )
    )

/** The rank of a row that is due now, by its priority; a class that this version does not know counts as normal. */
const rankAt = (sql: SqlClient.SqlClient, now: number) => {
  const cases = priorities.map((priority) => sql`WHEN ${priority} THEN ${rankOf(priority, now)}`)
  return sql`CAST(CASE priority ${Statement.join(" ", false)(cases)} ELSE ${rankOf("normal", now)} END AS BIGINT)`
}

/** Removes dead letters and their errors for good; how many. */
const purge =
  (sql: SqlClient.SqlClient) =>
  ({ before, ids, jobType }: PurgeOptions): Effect.Effect<number, SqlError> => {
    const purgeOf = (some: ReadonlyArray<string> | undefined): Effect.Effect<number, SqlError> => {
      const which = sql.and([
        sql`state = 'dead'`,
        ...(some === undefined ? [] : [sql.in("id", some)]),
        ...(jobType === undefined ? [] : [sql`job_type = ${jobType}`]),
        ...(before === undefined ? [] : [sql`finished_at < ${before}`])
      ])
      return Effect.zipRight(
        sql`DELETE FROM job_errors WHERE job_id IN (SELECT id FROM jobs WHERE ${which})`,
        Effect.map(sql`DELETE FROM jobs WHERE ${which} RETURNING id`, (gone) => gone.length)
      )
    }
    // A statement takes a limited number of values.
    const parts = ids === undefined ? [undefined] : Arr.chunksOf(ids, 1000)
    return sql.withTransaction(Effect.reduce(parts, 0, (sum, some) => Effect.map(purgeOf(some), (gone) => sum + gone)))
  }

/**
 * Removes jobs that were completed or cancelled, and their errors, for good; how many. A thousand at a time, found by
 * their ids, which sort by the time of submission.
 */
const purgeFinished =
  (sql: SqlClient.SqlClient) =>
  ({ before, jobType }: PurgeFinishedOptions): Effect.Effect<number, SqlError> => {
    const which = sql.and([
      sql`id < ${firstAt(before)}`,
      sql`state IN ('completed', 'cancelled')`,
      sql`finished_at < ${before}`,
      ...(jobType === undefined ? [] : [sql`job_type = ${jobType}`])
    ])
    const some = sql.withTransaction(
      Effect.gen(function* () {
        const gone = yield* sql<{ readonly id: string }>`
          DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE ${which} ORDER BY id LIMIT 1000) RETURNING id`
        const ids = gone.map(({ id }) => id)
        yield* sql`DELETE FROM job_errors WHERE ${sql.in("job_id", ids)}`
        return ids.length
      })
    )
    const all = (sum: number): Effect.Effect<number, SqlError> =>
      Effect.flatMap(some, (gone) => (gone === 0 ? Effect.succeed(sum) : all(sum + gone)))
    return all(0)
  }
