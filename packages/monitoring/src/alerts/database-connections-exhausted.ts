/** All connections of a pool are used while others wait for one. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { buckets, gauge, quantile } from "../promql/select.ts"
import { connectionState } from "../promql/values.ts"
import { operationLatency } from "../rules/database.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { inWords } from "./text.ts"
import { allowed } from "./threshold.ts"

const { db } = catalogue

const by = ["job", "instance", "db_client_connection_pool_name"] as const

const used = gauge(db.clientConnectionCount, { db_client_connection_state: connectionState.used }).sumBy(...by)
const most = gauge(db.clientConnectionMax).sumBy(...by)
const waiting = gauge(db.clientConnectionPendingRequests)

export const databaseConnectionsExhausted = alert({
  name: "DatabaseConnectionsExhausted",
  severity: "critical",
  for: "10m",
  keepFiringFor: "5m",
  thresholds: { allowed: allowed(0, "requests that may wait for a connection, at every reading of 2 minutes") },
  threshold: (set) =>
    `${set.allowed === 0 ? "Somebody waits" : `More than ${set.allowed} wait`} for a connection: a pool that is used up ` +
    "alone is no problem.",
  expression: (set) =>
    used.atLeast(most).and(
      waiting
        .minOver("2m")
        .sumBy(...by)
        .above(set.allowed)
    ),
  summary: (label) => `All database connections of ${label("instance")} of ${label("job")} are used.`,
  description: (label, _, made) =>
    `All ${number} connections of the pool ${label("db_client_connection_pool_name")} of ${label("instance")} have been ` +
    `used for ${inWords(made.for)} while others wait for one. Check whether statements or transactions got slower; if not, ` +
    "enlarge the pool.",
  runbook: (_, made) => ({
    meaning:
      "Every connection of a pool is in use, and statements wait for one, for " +
      `${inWords(made.for)} without a pause. Requests and ` +
      "jobs that need the database are as slow as the wait, and time out.",
    firstLook: [
      {
        question: "How many connections are used, and how many are there?",
        query: gauge(db.clientConnectionCount).sumBy(...by, "db_client_connection_state")
      },
      { question: "How many wait?", query: waiting.sumBy(...by) },
      {
        question: "How many transactions are open? Each holds a connection until its end.",
        query: gauge(db.transactionsActive).sumBy("job", "instance", "db_system_name")
      },
      {
        question: "How long are they open?",
        query: quantile(0.95, buckets(db.transactionDuration).rate("10m").sumBy("job", "db_system_name", "le"))
      },
      { question: "Are statements slow?", query: recorded(operationLatency) }
    ],
    causes: [
      "Transactions stay open while something else is done in them, such as a request to another service.",
      "Statements got slower, so that each holds its connection for longer: see DatabaseSlow.",
      "A transaction needs a second connection while it holds one, and all wait for each other.",
      "More traffic than the pool was made for."
    ],
    fix: [
      "Find what holds the connections (PostgreSQL: `pg_stat_activity`, those `idle in transaction` first).",
      "Take what is not for the database out of transactions.",
      "If statements are slow, follow DatabaseSlow.",
      "Enlarge the pool, if the database can take it: all processes together must stay below its own limit."
    ],
    silence: "Silence by `db_client_connection_pool_name`, and no longer than the incident of the database."
  })
})
