/** The database metrics: what is asked of a database through @effect/sql, and the connections that serve it. */
import { conventional } from "./conventional.ts"
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

/** The states of a connection in a pool. */
export const connectionStates = ["idle", "used"] as const

/** The values of the label `db_operation_name`: the first keyword of a statement; every other one is `_OTHER`. */
export const dbOperations = [
  "ALTER",
  "ANALYZE",
  "BEGIN",
  "CALL",
  "COMMIT",
  "COPY",
  "CREATE",
  "DELETE",
  "DROP",
  "EXPLAIN",
  "GRANT",
  "INSERT",
  "LISTEN",
  "LOCK",
  "MERGE",
  "NOTIFY",
  "PRAGMA",
  "REFRESH",
  "REINDEX",
  "RELEASE",
  "REPLACE",
  "RESET",
  "REVOKE",
  "ROLLBACK",
  "SAVEPOINT",
  "SELECT",
  "SET",
  "SHOW",
  "TRUNCATE",
  "UNLISTEN",
  "UPDATE",
  "VACUUM",
  "VALUES",
  "WITH",
  "_OTHER"
] as const

const pool = "db.client.connection.pool.name"

export const db = {
  clientOperationDuration: conventional({
    name: "db.client.operation.duration",
    kind: "histogram",
    unit: "s",
    stability: "stable",
    attributes: ["db.system.name", "db.operation.name", "db.collection.name", "error.type"],
    closed: { "db.operation.name": dbOperations },
    boundaries: "http",
    help:
      "Duration of one statement, the wait for a connection included, whatever its outcome; error_type is absent on " +
      "success. Of a stream, until its end.",
    excludes: "What begins and ends a transaction, and LISTEN and NOTIFY of the PostgreSQL client."
  }),
  clientConnectionCount: conventional({
    name: "db.client.connection.count",
    kind: "upDownCounter",
    unit: "{connection}",
    stability: "development",
    attributes: [pool, "db.client.connection.state"],
    closed: { "db.client.connection.state": connectionStates },
    help: "Connections of a pool, by state, zeros included."
  }),
  clientConnectionMax: conventional({
    name: "db.client.connection.max",
    kind: "upDownCounter",
    unit: "{connection}",
    stability: "development",
    attributes: [pool],
    help: "The most connections that a pool may have."
  }),
  clientConnectionPendingRequests: conventional({
    name: "db.client.connection.pending_requests",
    kind: "upDownCounter",
    unit: "{request}",
    stability: "development",
    attributes: [pool],
    help: "Those that wait for a connection of a pool."
  }),
  transactionDuration: {
    name: "db_transaction_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["db_system_name", "outcome"],
    closed: { outcome: failedOutcomes },
    boundaries: "http",
    help:
      "Duration of a transaction, the wait for a connection included, whatever its outcome; the label outcome is absent " +
      "where it was committed.",
    excludes: "Transactions within another one, which are savepoints."
  },
  transactionsActive: {
    name: "db_transactions_active",
    kind: "upDownCounter",
    unit: "{transaction}",
    labels: ["db_system_name"],
    help: "Transactions that are under way.",
    excludes: "Transactions within another one, which are savepoints."
  },
  transactionRetries: {
    name: "db_transaction_retries_total",
    kind: "counter",
    unit: "{attempt}",
    labels: ["db_system_name", "error_type"],
    help: "Transactions that were run again after the database had refused them, by the error of the attempt before.",
    excludes: "Repetitions by other means than SqlMetrics.retryTransaction."
  }
} as const satisfies Rows
