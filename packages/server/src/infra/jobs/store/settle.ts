/**
 * The writes that end a run. Each is one transaction and names the fence of the run, so that exactly one run finishes a
 * job, and each is repeated when the connection fails: who asks is told the truth, or that it is not known.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { rankOf } from "../priority.ts"
import { certain } from "./certain.ts"
import type { ClaimedJob } from "./claim.ts"

/** What is kept of a failed attempt. */
export interface FailureRecord {
  readonly reason: string
  readonly message: string
  /** The typed error as JSON, where there is one. */
  readonly encoded?: string | undefined
}

/** How a run ended. */
export type Settlement =
  | { readonly _tag: "Completed"; readonly result: string }
  | { readonly _tag: "Retrying"; readonly failure: FailureRecord; readonly dueAt: number }
  | { readonly _tag: "Dead"; readonly failure: FailureRecord }
  | { readonly _tag: "Released" }

/** These writes over a SQL client. */
export const settling = (sql: SqlClient.SqlClient) => ({ settle: settle(sql) })

/** Ends a run; whether it was still the one that held the job. */
const settle =
  (sql: SqlClient.SqlClient) =>
  (job: ClaimedJob, settlement: Settlement): Effect.Effect<boolean, SqlError> =>
    Effect.map(
      certain(Effect.map(write(sql)(job, settlement), whether), Effect.map(wasWritten(sql)(job, settlement), whether)),
      Option.isSome
    )

const write =
  (sql: SqlClient.SqlClient) =>
  (job: ClaimedJob, settlement: Settlement): Effect.Effect<boolean, SqlError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const held = sql`id = ${job.id} AND state = 'running' AND run = ${job.run}`
      switch (settlement._tag) {
        case "Completed":
          return isHit(sql`
          UPDATE jobs SET state = 'completed', result = ${settlement.result}, finished_at = ${now}, redeliver = 0
          WHERE ${held} RETURNING id`)
        case "Released":
          return isHit(sql`UPDATE jobs SET state = 'ready', redeliver = 1, due_at = ${now} WHERE ${held} RETURNING id`)
        case "Retrying": {
          const { dueAt, failure } = settlement
          const state = dueAt > now ? "retrying" : "ready"
          return recorded(sql)(
            { job, failure, now },
            sql`
            UPDATE jobs SET state = ${state}, redeliver = 0, losses = 0, due_at = ${dueAt},
              rank = ${rankOf(job.priority, dueAt)}
            WHERE ${held} RETURNING id`
          )
        }
        case "Dead":
          return recorded(sql)(
            { job, failure: settlement.failure, now },
            sql`
            UPDATE jobs SET state = 'dead', redeliver = 0, reason = ${settlement.failure.reason}, finished_at = ${now}
            WHERE ${held} RETURNING id`
          )
      }
    })

const recorded =
  (sql: SqlClient.SqlClient) =>
  (
    { failure, job, now }: { readonly job: ClaimedJob; readonly failure: FailureRecord; readonly now: number },
    update: Effect.Effect<ReadonlyArray<unknown>, SqlError>
  ): Effect.Effect<boolean, SqlError> =>
    sql.withTransaction(
      Effect.tap(isHit(update), (isOurs) =>
        isOurs
          ? sql`
            INSERT INTO job_errors (job_id, run, attempt, failed_at, reason, message, error)
            VALUES (${job.id}, ${job.run}, ${job.attempt}, ${now}, ${failure.reason}, ${failure.message},
              ${failure.encoded ?? null})`
          : Effect.void
      )
    )

// The first write may have been committed although its answer was lost: each end leaves what nothing else of a run does.
const wasWritten =
  (sql: SqlClient.SqlClient) =>
  ({ id, losses, run }: ClaimedJob, settlement: Settlement): Effect.Effect<boolean, SqlError> => {
    switch (settlement._tag) {
      case "Completed":
        return isHit(sql`SELECT id FROM jobs WHERE id = ${id} AND run = ${run} AND state = 'completed'`)
      case "Released":
        return isHit(
          sql`SELECT id FROM jobs WHERE id = ${id} AND run = ${run} AND state = 'ready' AND losses = ${losses}`
        )
      default:
        return isHit(sql`SELECT run FROM job_errors WHERE job_id = ${id} AND run = ${run}`)
    }
  }

const isHit = (statement: Effect.Effect<ReadonlyArray<unknown>, SqlError>): Effect.Effect<boolean, SqlError> =>
  Effect.map(statement, (rows) => rows.length > 0)

const whether = (is: boolean): Option.Option<true> => (is ? Option.some(true) : Option.none())
