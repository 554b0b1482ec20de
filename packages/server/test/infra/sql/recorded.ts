/** What was recorded of SQL, as counts by series. */
import * as Effect from "effect/Effect"
import * as Testing from "../../../src/observe/testing.ts"

/** The series of the metrics whose names begin so, as counts, without zeros. */
export const recorded = (beginning: string) =>
  Effect.map(Testing.snapshot, (snapshot) =>
    Object.fromEntries(
      Object.entries(snapshot)
        .filter(([name]) => name.startsWith(beginning))
        .map(
          ([name, value]) => [name.slice(beginning.length), typeof value === "number" ? value : value.count] as const
        )
        .filter(([, count]) => count !== 0)
    )
  )

/** The statements so far. */
export const statements = recorded("db_client_operation_duration_seconds")

/** The transactions so far. */
export const transactions = recorded("db_transaction_duration_seconds")

/** The transactions under way: nothing where there are none. */
export const active = recorded("db_transactions_active")
