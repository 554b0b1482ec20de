/** The writes that take jobs up: claims, promotions of what became due, and taking over from runs that were lost. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Priority } from "../priority.ts"
import { type Numeric, optionalNumber, priorityOf } from "./state.ts"

/** What to claim, and for whom. */
export interface ClaimOptions {
  readonly lane: number
  readonly jobType: string
  readonly limit: number
  readonly holder: string
}

/**
 * A job that is held. `run` grows with each claim and is the fence: whoever wants to finish the job must name it, so a
 * run that was taken over can't.
 */
export interface ClaimedJob {
  readonly id: string
  readonly jobType: string
  readonly lane: number
  readonly priority: Priority
  readonly payload: string
  /** From 1; a redelivery is no new attempt. */
  readonly attempt: number
  readonly run: number
  readonly acceptedAt: number
  readonly dueAt: number
  readonly rank: number
  readonly isRedelivered: boolean
  /** How often in a row its runner was lost. */
  readonly losses: number
}

/** What was claimed, in its order, and the place of the next job of the type in the lane, if there is one. */
export interface Claim {
  readonly jobs: ReadonlyArray<ClaimedJob>
  readonly nextRank: number | undefined
}

/** What became due, and what will. */
export interface Promotion {
  readonly heads: ReadonlyArray<Head>
  readonly nextDueAt: number | undefined
}

/** The first job of a type that is ready in a lane, by its place in the order. */
export interface Head {
  readonly lane: number
  readonly jobType: string
  readonly rank: number
}

/** When a lane has something to make ready. */
export interface Due {
  readonly lane: number
  readonly dueAt: number
}

/** A run of a job, by its fence. */
export interface RunKey {
  readonly id: string
  readonly run: number
}

interface ClaimedRow {
  readonly id: string
  readonly job_type: string
  readonly lane: Numeric
  readonly priority: string
  readonly payload: string
  readonly attempt: Numeric
  readonly run: Numeric
  readonly accepted_at: Numeric
  readonly due_at: Numeric
  readonly rank: Numeric
  readonly redeliver: Numeric
  readonly losses: Numeric
  readonly next_rank: Numeric | null
}

/** These writes over a SQL client. */
export const claiming = (sql: SqlClient.SqlClient) => ({
  claim: claim(sql),
  promote: promote(sql),
  heads: heads(sql),
  nextDue: nextDue(sql),
  running: running(sql),
  takeOver: takeOver(sql),
  takeOverLane: takeOverLane(sql)
})

/** Claims the first jobs of a type in a lane, in their order. */
const claim =
  (sql: SqlClient.SqlClient) =>
  ({ holder, jobType, lane, limit }: ClaimOptions): Effect.Effect<Claim, SqlError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        sql<ClaimedRow>`
        WITH picked AS MATERIALIZED (
          SELECT id, rank FROM jobs WHERE state = 'ready' AND lane = ${lane} AND job_type = ${jobType}
          ORDER BY rank, id LIMIT ${limit + 1})
        UPDATE jobs SET state = 'running', run = run + 1, attempt = attempt + 1 - redeliver,
          retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 THEN 1 ELSE 0 END,
          redeliveries = redeliveries + redeliver, started_at = ${now}, held_by = ${holder}
        WHERE id IN (SELECT id FROM picked ORDER BY rank, id LIMIT ${limit}) AND state = 'ready'
        RETURNING id, job_type, lane, priority, payload, attempt, run, accepted_at, due_at, rank, redeliver, losses,
          (SELECT rank FROM picked ORDER BY rank, id LIMIT 1 OFFSET ${limit}) AS next_rank`,
        (rows) => ({
          jobs: rows.map(claimed).sort((left, right) => left.rank - right.rank),
          nextRank: optionalNumber(rows[0]?.next_rank ?? null)
        })
      )
    )

/** Makes ready what has become due in a lane; what it made ready, and when the next job there is due, if one is. */
const promote =
  (sql: SqlClient.SqlClient) =>
  (lane: number): Effect.Effect<Promotion, SqlError> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const promoted = yield* sql<HeadRow>`
      UPDATE jobs SET state = 'ready'
      WHERE state IN ('scheduled', 'retrying') AND lane = ${lane} AND due_at <= ${now}
      RETURNING lane, job_type, rank`
      const rows = yield* sql<{ readonly due_at: Numeric | null }>`
      SELECT min(due_at) AS due_at FROM jobs WHERE state IN ('scheduled', 'retrying') AND lane = ${lane}`
      return { heads: promoted.map(headOf), nextDueAt: optionalNumber(rows[0]?.due_at ?? null) }
    })

/** The first in the order of what is ready in these lanes, by type. */
const heads =
  (sql: SqlClient.SqlClient) =>
  (lanes: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<Head>, SqlError> =>
    lanes.length === 0
      ? Effect.succeed([])
      : Effect.map(
          sql<HeadRow>`
          SELECT lane, job_type, min(rank) AS rank FROM jobs WHERE state = 'ready' AND ${sql.in("lane", lanes)}
          GROUP BY lane, job_type`,
          (rows) => rows.map(headOf)
        )

/** When the next job of these lanes is due that waits for its time. */
const nextDue =
  (sql: SqlClient.SqlClient) =>
  (lanes: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<Due>, SqlError> =>
    lanes.length === 0
      ? Effect.succeed([])
      : Effect.map(
          sql<{ readonly lane: Numeric; readonly due_at: Numeric }>`
          SELECT lane, min(due_at) AS due_at FROM jobs
          WHERE state IN ('scheduled', 'retrying') AND ${sql.in("lane", lanes)} GROUP BY lane`,
          (rows) => rows.map((row) => ({ lane: Number(row.lane), dueAt: Number(row.due_at) }))
        )

/** What the tables say runs in these lanes. */
const running =
  (sql: SqlClient.SqlClient) =>
  (lanes: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<RunKey>, SqlError> =>
    lanes.length === 0
      ? Effect.succeed([])
      : Effect.map(
          sql<{ readonly id: string; readonly run: Numeric }>`
          SELECT id, run FROM jobs WHERE state = 'running' AND ${sql.in("lane", lanes)}`,
          (rows) => rows.map(({ id, run }) => ({ id, run: Number(run) }))
        )

/** Makes ready again what a lost run held. A claim of it is a redelivery. */
const takeOver =
  (sql: SqlClient.SqlClient) =>
  ({ id, run }: RunKey): Effect.Effect<boolean, SqlError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        sql`
        UPDATE jobs SET state = 'ready', redeliver = 1, losses = losses + 1, due_at = ${now}
        WHERE id = ${id} AND state = 'running' AND run = ${run} RETURNING id`,
        (rows) => rows.length > 0
      )
    )

/** The same for all that runs in a lane: whoever held it before is gone. How many there were. */
const takeOverLane =
  (sql: SqlClient.SqlClient) =>
  (lane: number): Effect.Effect<number, SqlError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        sql`
        UPDATE jobs SET state = 'ready', redeliver = 1, losses = losses + 1, due_at = ${now}
        WHERE state = 'running' AND lane = ${lane} RETURNING id`,
        (rows) => rows.length
      )
    )

interface HeadRow {
  readonly lane: Numeric
  readonly job_type: string
  readonly rank: Numeric
}

const headOf = (row: HeadRow): Head => ({ lane: Number(row.lane), jobType: row.job_type, rank: Number(row.rank) })

const claimed = (row: ClaimedRow): ClaimedJob => ({
  id: row.id,
  jobType: row.job_type,
  lane: Number(row.lane),
  priority: priorityOf(row.priority),
  payload: row.payload,
  attempt: Number(row.attempt),
  run: Number(row.run),
  acceptedAt: Number(row.accepted_at),
  dueAt: Number(row.due_at),
  rank: Number(row.rank),
  isRedelivered: Number(row.redeliver) === 1,
  losses: Number(row.losses)
})
