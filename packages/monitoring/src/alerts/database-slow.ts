/** Operations on a database take long. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { buckets, gauge, quantile } from "../promql/select.ts"
import { operationLatency, operations } from "../rules/database.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { count, lasting } from "./text.ts"
import { least, seconds } from "./threshold.ts"

const { db } = catalogue

export const databaseSlow = alert({
  name: "DatabaseSlow",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    seconds: seconds(1, "95% of the operations of the kind may take, below the highest boundary of the histogram"),
    least: least(50, "operations of the kind in 10 minutes")
  },
  threshold: (set) =>
    `At least ${count(set.least, "operation")} of the kind in 10 minutes: a percentile of fewer means little.`,
  expression: (set) => recorded(operationLatency).above(set.seconds).and(recorded(operations).atLeast(set.least)),
  summary: (label) => `${label("db_operation_name")} on ${label("db_system_name")} of ${label("job")} is slow.`,
  description: (label) =>
    `One in twenty ${label("db_operation_name")} operations on ${label("db_system_name")} took longer than ${duration} ` +
    "in the last 10 minutes. Check whether they wait for a connection or for the database.",
  runbook: (set) => ({
    meaning:
      `The 95th percentile of the duration of one kind of statement is above ${lasting(set.seconds)}, the wait for a ` +
      "connection included. Failed and interrupted statements count, and a stream until its end.",
    firstLook: [
      { question: "Which operations are slow?", query: recorded(operationLatency) },
      {
        question: "On which tables?",
        query: quantile(
          0.95,
          buckets(db.clientOperationDuration).rate("10m").sumBy("job", "db_operation_name", "db_collection_name", "le")
        )
      },
      {
        question: "Do they wait for a connection?",
        query: gauge(db.clientConnectionPendingRequests).sumBy("job", "instance", "db_client_connection_pool_name")
      },
      {
        question: "How long are transactions open? Long ones hold locks, and their connection.",
        query: quantile(0.95, buckets(db.transactionDuration).rate("10m").sumBy("job", "db_system_name", "le"))
      },
      {
        question: "One process or all?",
        query: quantile(0.95, buckets(db.clientOperationDuration).rate("10m").sumBy("job", "instance", "le"))
      }
    ],
    causes: [
      "The database is busy: all operations on all processes got slower.",
      "A statement without an index on a table that grew: one operation on one table, slower over days.",
      "Locks: writes to one table wait for a transaction that stays open.",
      "Connections are used up: see DatabaseConnectionsExhausted.",
      "The event loop of one process is blocked, and answers wait to be read: see EventLoopBlocked."
    ],
    fix: [
      "Ask the database what runs and what waits (PostgreSQL: `pg_stat_activity` with `wait_event_type`).",
      "Explain the leading statement, and add the index that it lacks.",
      "End a transaction that blocks others, and find out why it stayed open.",
      "If a release caused it, roll back."
    ],
    silence: "Silence by `db_operation_name` if the operation is slow by nature, such as a nightly report."
  })
})
