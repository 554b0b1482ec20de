/** The label `db_system_name`, in the words of OpenTelemetry's semantic conventions. */
import type * as SqlClient from "@effect/sql/SqlClient"

/** The database system of a client. */
export const systemOf = (client: SqlClient.SqlClient): string =>
  client.onDialectOrElse({
    pg: () => "postgresql",
    sqlite: () => "sqlite",
    mysql: () => "mysql",
    mssql: () => "microsoft.sql_server",
    clickhouse: () => "clickhouse",
    orElse: () => "other_sql"
  })
