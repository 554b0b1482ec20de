/**
 * Metrics of `@effect/sql`. No query changes: `SqlMetrics.layer()` decorates the `SqlClient`, and goes between the client
 * and everything that queries:
 *
 *     const Sql = Layer.provideMerge(SqlMetrics.layer(), PgClient.layer({ url }))
 *
 * A program that uses the service of a driver, such as `PgClient`, decorates that too, with `SqlMetrics.layerOf(PgClient)`.
 *
 * Neither the text of a statement nor a parameter ever becomes a label.
 *
 * @module
 */
import { pgPool } from "./sql/connections.ts"
import { layer, layerOf } from "./sql/client.ts"
import { retryTransaction } from "./sql/retry.ts"

export type { ConnectionCounts, ConnectionPool, PgPool } from "./sql/connections.ts"
export type { SqlMetricsOptions } from "./sql/options.ts"

/** The decorators of SQL clients, the counts of a pool of `pg`, and a retry of transactions that is counted. */
export const SqlMetrics = { layer, layerOf, pgPool, retryTransaction } as const
