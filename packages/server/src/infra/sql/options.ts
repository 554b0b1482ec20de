/** What to record of a SQL client. */
import type { ConnectionPool } from "./connections.ts"

/** What to record. Statements and transactions are always recorded. */
export interface SqlMetricsOptions {
  /**
   * The label `db_collection_name`, the table of a statement that certainly has one; `true` by default. Use `false` where
   * the names of tables hold an id, of a tenant for example.
   */
  readonly collections?: boolean | undefined
  /** The connections of the client's pool; not recorded unless given, because no client tells them by itself. */
  readonly pool?: ConnectionPool | undefined
}
