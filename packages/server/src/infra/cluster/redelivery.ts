/**
 * Messages that storage handed out to a runner that is gone. Only the mark `last_read` of a message that is not done
 * tells of them, and taking over their shard clears it: so it is asked just before. A resumed stream is left out, its
 * handler counts it.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { MetricsService } from "../../observe/metrics.ts"
import { bind } from "./bind.ts"
import { type ClusterMetricsOptions, isObserved } from "./options.ts"
import { remember, rememberedRedeliveries } from "./redelivered.ts"
import { messageTable, toNumber } from "./tables.ts"

interface ProbeOptions {
  readonly sql: SqlClient.SqlClient
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  readonly prefix: string | undefined
}

const site = "cluster redeliveries"

/** Counts what was handed out before in these shards. It never fails, and takes at most two seconds of a takeover. */
export const handedOut = ({ metrics, options, prefix, sql: client }: ProbeOptions) => {
  const sql = client.withoutTransforms()
  const table = messageTable(sql, prefix)
  if (table === undefined) {
    metrics.meter.warnOnce(site, "Redeliveries from storage are counted on PostgreSQL and SQLite only", {})
    return () => Effect.void
  }
  const unprocessed = sql.literal(table.isUnprocessed)
  const from = (shards: ReadonlyArray<string>) =>
    sql`FROM ${sql(table.name)}
      WHERE ${unprocessed} AND last_read IS NOT NULL AND kind = 0 AND last_reply_id IS NULL AND ${sql.in("shard_id", shards)}`
  const count = (shards: ReadonlyArray<string>) =>
    sql<{ entity_type: string; count: unknown }>`
      SELECT entity_type, COUNT(*) AS count ${from(shards)} GROUP BY entity_type`
  const ids = (shards: ReadonlyArray<string>) =>
    sql<{
      id: unknown
    }>`SELECT CAST(id AS TEXT) AS id ${from(shards)} LIMIT ${sql.literal(String(rememberedRedeliveries))}`
  return (shards: ReadonlyArray<string>): Effect.Effect<void> =>
    shards.length === 0
      ? Effect.void
      : Effect.gen(function* () {
          const found = yield* count(shards)
          if (found.length > 0) {
            const again = yield* ids(shards)
            remember(
              metrics.meter,
              again.map(({ id }) => BigInt(String(id)))
            )
          }
          for (const { count, entity_type } of found) {
            if (isObserved(entity_type, options)) {
              bind(metrics.cluster.redeliveries, { entity_type, reason: "storage" }).record(toNumber(count))
            }
          }
        }).pipe(
          Effect.withTracerEnabled(false),
          Effect.timeout("2 seconds"),
          Effect.catchAllCause((cause) =>
            Effect.sync(() => {
              metrics.meter.countWatchError(site)
              metrics.meter.warnOnce(site, "Redeliveries from storage could not be counted", { cause: String(cause) })
            })
          )
        )
}
