/** What the server asks of its databases, and the connections for it. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { databaseConnectionsExhausted } from "../../alerts/database-connections-exhausted.ts"
import { databaseSlow } from "../../alerts/database-slow.ts"
import { counter, gauge, observations } from "../../promql/select.ts"
import { withError } from "../../promql/values.ts"
import type { Panel } from "../dashboard.ts"
import { percentile, percentiles, process } from "../scope.ts"

const { db } = catalogue

const empty = "No statement was measured: SqlMetrics of infra/sql is not in place."

const withoutTransaction = "No transaction was measured."

const withoutPool = "The driver does not tell of its connections."

export const databasePanels = [
  {
    title: "Operations",
    kind: "stack",
    unit: "suffix: operations/s",
    description: "Statements by what they do. A jump without more requests: a query in a loop.",
    alert: databaseSlow,
    queries: [
      {
        query: observations(db.clientOperationDuration, process)
          .rate("$__rate_interval")
          .sumBy("db_system_name", "db_operation_name"),
        legend: "{{db_system_name}} {{db_operation_name}}"
      }
    ],
    empty
  },
  {
    title: "Operation duration",
    kind: "lines",
    unit: "s",
    description: "The wait for a connection included. One operation: its statement. All: the database or the pool.",
    alert: databaseSlow,
    queries: [percentile(db.clientOperationDuration, process, "db_operation_name", "db_collection_name")],
    empty
  },
  {
    title: "Failed operations",
    kind: "stack",
    unit: "suffix: operations/s",
    description:
      "Statements that the database refused, by its code, or that were interrupted. A new code: a release. Codes of " +
      "connections, such as ECONNREFUSED: the database is away.",
    alert: databaseSlow,
    queries: [
      {
        query: observations(db.clientOperationDuration, { ...process, error_type: withError })
          .rate("$__rate_interval")
          .sumBy("db_operation_name", "error_type"),
        legend: "{{db_operation_name}} {{error_type}}"
      }
    ],
    empty: "No statement failed."
  },
  {
    title: "Transactions by outcome",
    kind: "stack",
    unit: "suffix: transactions/s",
    description:
      "Without an outcome: committed. The others were rolled back: `failure` for an error, `interrupted` as its request " +
      "was given up. Their share grows: look at the failed operations.",
    alert: databaseSlow,
    queries: [
      {
        query: observations(db.transactionDuration, process)
          .rate("$__rate_interval")
          .sumBy("db_system_name", "outcome"),
        legend: "{{db_system_name}} {{outcome}}"
      }
    ],
    empty: withoutTransaction
  },
  {
    title: "Transaction duration",
    kind: "lines",
    unit: "s",
    description: "Long ones hold their connection and their locks: others wait for both.",
    alert: databaseConnectionsExhausted,
    queries: percentiles(db.transactionDuration, process, "db_system_name"),
    empty: withoutTransaction
  },
  {
    title: "Open transactions",
    kind: "lines",
    unit: "suffix: transactions",
    description: "A climb: they don't end, and each holds its connection.",
    alert: databaseConnectionsExhausted,
    queries: [
      {
        query: gauge(db.transactionsActive, process).sumBy("job", "db_system_name"),
        legend: "{{job}} {{db_system_name}}"
      }
    ],
    empty: withoutTransaction
  },
  {
    title: "Transactions run again",
    kind: "stack",
    unit: "suffix: retries/s",
    description: "The database refused them for a conflict with others. Many: transactions touch the same rows.",
    alert: databaseSlow,
    queries: [
      {
        query: counter(db.transactionRetries, process).rate("$__rate_interval").sumBy("job", "error_type"),
        legend: "{{job}} {{error_type}}"
      }
    ],
    empty: "No transaction was run again."
  },
  {
    title: "Connections",
    kind: "lines",
    unit: "suffix: connections",
    description: "Used at the maximum: what comes next waits.",
    alert: databaseConnectionsExhausted,
    queries: [
      {
        query: gauge(db.clientConnectionCount, process).sumBy(
          "job",
          "db_client_connection_pool_name",
          "db_client_connection_state"
        ),
        legend: "{{job}} {{db_client_connection_pool_name}} {{db_client_connection_state}}"
      },
      {
        query: gauge(db.clientConnectionMax, process).sumBy("job", "db_client_connection_pool_name"),
        legend: "{{job}} {{db_client_connection_pool_name}} maximum"
      }
    ],
    empty: withoutPool
  },
  {
    title: "Waiting for a connection",
    kind: "lines",
    unit: "suffix: requests",
    description: "Above 0 for long: the pool is too small, or connections are held for too long.",
    alert: databaseConnectionsExhausted,
    queries: [
      {
        query: gauge(db.clientConnectionPendingRequests, process).sumBy("job", "db_client_connection_pool_name"),
        legend: "{{job}} {{db_client_connection_pool_name}}"
      }
    ],
    empty: withoutPool
  }
] as const satisfies ReadonlyArray<Panel>
