/**
 * Messages that storage handed to a runner that is gone. Only the mark `last_read` of a message that is not done tells of
 * them, and taking over their shard clears it: so it is asked just before. A resumed stream is left out, its handler
 * counts it. A runner that stops marks messages that it will not handle any more: it takes those marks back.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { MetricsService } from "../../../observe/metrics.ts"
import { bind } from "../bind.ts"
import { handedOutOf, rememberedMessages, type Unhandled } from "../deliveries.ts"
import { type ClusterMetricsOptions, isObserved } from "../options.ts"
import { type MessageTable, messageTable, toNumber } from "./message-table.ts"

/** What asks the message table. */
export interface Redeliveries {
  /** Counts what was handed out before in these shards. */
  readonly count: (shards: ReadonlyArray<string>) => Effect.Effect<void>
  /** Takes back the mark of messages that were read and never reached a handler. */
  readonly takeBack: ((unhandled: Unhandled) => Effect.Effect<void>) | undefined
}

/** Where nothing is known of the storage. */
export const noRedeliveries: Redeliveries = { count: () => Effect.void, takeBack: undefined }

interface RedeliveryOptions {
  readonly sql: SqlClient.SqlClient
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  readonly prefix: string | undefined
}

const site = "cluster redeliveries"

/** Redeliveries from a message table. Neither effect ever fails, or takes more than five seconds, half of the time that a takeover has by default. */
export const redeliveriesIn = ({ metrics, options, prefix, sql: client }: RedeliveryOptions): Redeliveries => {
  const sql = client.withoutTransforms()
  const table = messageTable(sql, prefix)
  if (table === undefined) {
    metrics.meter.warnOnce(site, "Redeliveries from storage are counted on PostgreSQL and SQLite only", {})
    return noRedeliveries
  }
  const safely = <E>(asking: Effect.Effect<unknown, E>): Effect.Effect<void> =>
    asking.pipe(
      Effect.withTracerEnabled(false),
      Effect.timeout("5 seconds"),
      Effect.catchAllCause((cause) =>
        Effect.sync(() => {
          metrics.meter.countWatchError(site)
          metrics.meter.warnOnce(site, "Redeliveries from storage could not be counted", { cause: String(cause) })
        })
      ),
      Effect.asVoid
    )
  return {
    count: (shards) => (shards.length === 0 ? Effect.void : safely(count({ sql, table, metrics, options }, shards))),
    takeBack: (unhandled) => safely(takeBack({ sql, table }, unhandled))
  }
}

interface In {
  readonly sql: SqlClient.SqlClient
  readonly table: MessageTable
}

type Counting = Pick<RedeliveryOptions, "metrics" | "options">

const count = ({ metrics, options, sql, table }: In & Counting, shards: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const from = sql`FROM ${sql(table.name)}
      WHERE ${sql.literal(table.isUnprocessed)} AND last_read IS NOT NULL AND kind = 0 AND last_reply_id IS NULL
      AND ${sql.in("shard_id", shards)}`
    const found = yield* sql<{ entity_type: string; count: unknown }>`
      SELECT entity_type, COUNT(*) AS count ${from} GROUP BY entity_type`
    if (found.length > 0) {
      const again = yield* sql<{ id: unknown }>`
        SELECT CAST(id AS TEXT) AS id ${from} LIMIT ${sql.literal(String(rememberedMessages))}`
      handedOutOf(metrics.meter).arriveAgain(again.map(({ id }) => BigInt(String(id))))
    }
    for (const { count, entity_type } of found) {
      if (isObserved(entity_type, options)) {
        bind(metrics.cluster.redeliveries, { entity_type, reason: "storage" }).record(toNumber(count))
      }
    }
  })

// The runner that takes the shard over would clear the mark too, and nobody reads it in between. A shard that another
// runner has locked is left alone: its marks are that runner's.
const takeBack = ({ sql, table }: In, { entityTypes, except, runner, shards }: Unhandled) =>
  Effect.flatMap(
    hasLocks(sql, table),
    (hasLocks) => sql`UPDATE ${sql(table.name)} SET last_read = NULL
      WHERE ${sql.literal(table.isUnprocessed)} AND last_read IS NOT NULL AND kind = 0 AND last_reply_id IS NULL
      AND ${sql.in("shard_id", shards)} AND ${sql.in("entity_type", entityTypes)}
      ${hasLocks ? sql`AND shard_id NOT IN (SELECT shard_id FROM ${sql(table.locks)} WHERE address <> ${runner})` : sql.literal("")}
      ${sql.literal(except.length === 0 ? "" : `AND id NOT IN (${except.join(",")})`)}`
  )

// Locks in memory and advisory locks are in no table.
const hasLocks = (sql: SqlClient.SqlClient, { dialect, locks }: MessageTable) =>
  Effect.map(
    dialect === "pg"
      ? sql`SELECT 1 AS found WHERE to_regclass(${locks}) IS NOT NULL`
      : sql`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ${locks}`,
    (found) => found.length > 0
  )
