/** Recording rules for what a service asks of its databases. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { buckets, observations, quantile } from "../promql/select.ts"
import { record, type Recording } from "./recording.ts"

const { db } = catalogue

const by = ["job", "db_system_name", "db_operation_name"] as const

export const operations = record(
  "db_operation_name:db_operations:increase10m",
  "Database operations that ended in 10 minutes, whatever their outcome.",
  grown(observations(db.clientOperationDuration), "10m").sumBy(...by)
)

export const operationLatency = record(
  "db_operation_name:db_operation_duration_seconds:p95_10m",
  "95th percentile of the duration of database operations that ended in 10 minutes, the wait for a connection included.",
  quantile(
    0.95,
    buckets(db.clientOperationDuration)
      .rate("10m")
      .sumBy(...by, "le")
  )
)

export const databaseRecordings: ReadonlyArray<Recording> = [operations, operationLatency]
