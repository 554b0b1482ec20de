/** The SQLite database of a server in one process. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { SqlMetrics } from "@parametric-portal/server/infra/sql"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** A client with metrics of its statements, whose commits survive a loss of power. The driver's own setting, NORMAL, may lose the last of them. */
export const sqliteClient = (filename: string) =>
  Layer.tap(
    Layer.provideMerge(SqlMetrics.layer(), SqliteClient.layer({ filename })),
    (client) => Context.get(client, SqlClient.SqlClient)`PRAGMA synchronous = FULL`
  )
