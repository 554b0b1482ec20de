/** The SQLite database of a server in one process. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** A client whose commits survive a loss of power. The driver's own setting, NORMAL, may lose the last of them. */
export const sqliteClient = (filename: string) =>
  Layer.tap(
    SqliteClient.layer({ filename }),
    (client) => Context.get(client, SqlClient.SqlClient)`PRAGMA synchronous = FULL`
  )
