/** A retry of transactions that is counted. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { bind } from "../../observe/instrument/bind.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { ofCause } from "../../observe/track/outcome-of.ts"
import { refusedAtCommit, refusedCode } from "./error-type.ts"
import { systemOf } from "./system.ts"
import { isInTransaction } from "./transaction.ts"

/**
 * Runs a transaction again as long as the database refuses it because of another one: a serialisation failure or a
 * deadlock (SQLSTATE `40001` and `40P01`, and what MySQL and SQLite call these). Each time is one in
 * `db_transaction_retries_total`. Any other failure, and one within another transaction, is not retried.
 *
 *     sql.withTransaction(transfer).pipe(SqlMetrics.retryTransaction(Schedule.recurs(3)))
 */
export const retryTransaction =
  <Out, R2>(schedule: Schedule.Schedule<Out, unknown, R2>) =>
  <A, E, R>(transaction: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | R2 | SqlClient.SqlClient | MetricsService> =>
    Effect.flatMap(Effect.all([SqlClient.SqlClient, MetricsService]), ([client, metrics]) =>
      Effect.flatMap(isInTransaction(client), (isNested): Effect.Effect<A, E, R | R2> =>
        isNested ? transaction : retried(transaction, schedule, counterOf(client, metrics))
      )
    )

const counterOf = (client: SqlClient.SqlClient, { db, meter }: MetricsService) => {
  const db_system_name = systemOf(client)
  return (error_type: string) =>
    meter.guard("sql transaction", () => bind(db.transactionRetries, { db_system_name, error_type }).record(1))
}

const retried = <A, E, R, Out, R2>(
  transaction: Effect.Effect<A, E, R>,
  schedule: Schedule.Schedule<Out, unknown, R2>,
  count: (errorType: string) => void
): Effect.Effect<A, E, R | R2> =>
  Effect.suspend(() => {
    let before: string | undefined
    const attempt = Effect.suspend(() => {
      if (before !== undefined) {
        count(before)
      }
      return transaction
    })
    // A COMMIT that is refused is a defect.
    return Effect.unsandbox(
      Effect.retry(Effect.sandbox(attempt), {
        schedule: Schedule.mapInput(schedule, Cause.squash),
        while: (cause) => {
          before = refusedIn(ofCause(cause))
          return before !== undefined
        }
      })
    )
  })

const refusedIn = (outcome: Outcome): string | undefined => {
  switch (outcome._tag) {
    case "failure":
      return refusedCode(outcome.error)
    case "defect":
      return refusedAtCommit(outcome.defect)
    default:
      return undefined
  }
}
