/** A retry of transactions that is counted. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import { bind } from "../../observe/instrument/bind.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { refusedCode } from "./error-type.ts"
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
    Effect.flatMap(
      Effect.all([SqlClient.SqlClient, MetricsService, isInTransaction]),
      ([client, metrics, isNested]): Effect.Effect<A, E, R | R2> =>
        isNested ? transaction : retried(transaction, schedule, counterOf(client, metrics))
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
    return Effect.retry(attempt, {
      schedule,
      while: (error) => {
        before = refusedCode(error)
        return before !== undefined
      }
    })
  })
