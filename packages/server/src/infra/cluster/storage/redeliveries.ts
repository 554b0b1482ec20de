/**
 * Counts the messages that storage delivers again because the runner that had them is gone. The only trace of them is
 * the mark `last_read` of an unfinished message, which taking over its shard clears: so they are counted just before.
 * Streams that resume are left out, their handler counts them. A runner that stops clears the marks of what it read but
 * did not handle.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { wordsOf } from "../../../observe/catalogue/thrown.ts"
import { bind } from "../../../observe/instrument/bind.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import { deliveriesOf, rememberedMessages, type UnhandledMessages } from "../deliveries.ts"
import { type ClusterMetricsOptions, isObserved } from "../options.ts"
import { type MessageTable, messageTable, type MessageTableOptions, toNumber } from "./message-table.ts"

/** Redeliveries from one storage. Neither effect fails. */
export interface Redeliveries {
  /** Counts the messages of these shards that were delivered before. */
  readonly count: (shards: ReadonlyArray<string>) => Effect.Effect<void>
  /** Clears the mark of messages that were read and reached no handler. */
  readonly clearReadMarks: ((unhandled: UnhandledMessages) => Effect.Effect<void>) | undefined
}

/** The redeliveries from a storage whose tables are not known: none is counted. */
export const noRedeliveries: Redeliveries = { count: () => Effect.void, clearReadMarks: undefined }

interface RedeliveryOptions {
  readonly sql: SqlClient.SqlClient
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions & MessageTableOptions
}

const site = "cluster redeliveries"

/**
 * Redeliveries from a message table. Each query is given up after five seconds, half of the time that taking over a
 * shard may take by default.
 */
export const redeliveriesIn = ({ metrics, options, sql: client }: RedeliveryOptions): Redeliveries => {
  const sql = client.withoutTransforms()
  const table = messageTable(sql, options.prefix)
  if (table === undefined) {
    metrics.meter.warnOnce(site, "Redeliveries from storage are counted on PostgreSQL and SQLite only", {})
    return noRedeliveries
  }
  const safely = <E>(query: Effect.Effect<unknown, E>): Effect.Effect<void> =>
    query.pipe(
      Effect.withTracerEnabled(false),
      Effect.timeout("5 seconds"),
      Effect.catchAllCause((cause) =>
        Effect.sync(() => {
          metrics.meter.countWatchError(site)
          metrics.meter.warnOnce(site, "Redeliveries from storage could not be counted", { cause: wordsOf(cause) })
        })
      ),
      Effect.asVoid
    )
  return {
    count: (shards) => (shards.length === 0 ? Effect.void : safely(count({ sql, table, metrics, options }, shards))),
    clearReadMarks: (unhandled) => safely(clearReadMarks({ sql, table }, unhandled))
  }
}

interface InTable {
  readonly sql: SqlClient.SqlClient
  readonly table: MessageTable
}

type Counting = Pick<RedeliveryOptions, "metrics" | "options">

const count = ({ metrics, options, sql, table }: InTable & Counting, shards: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const from = sql`FROM ${sql(table.name)}
      WHERE ${sql.literal(table.isUnprocessed)} AND last_read IS NOT NULL AND kind = 0 AND last_reply_id IS NULL
      AND ${sql.in("shard_id", shards)}`
    const found = yield* sql<{ entity_type: string; count: unknown }>`
      SELECT entity_type, COUNT(*) AS count ${from} GROUP BY entity_type`
    if (found.length > 0) {
      const again = yield* sql<{ id: unknown }>`
        SELECT CAST(id AS TEXT) AS id ${from} LIMIT ${sql.literal(String(rememberedMessages))}`
      deliveriesOf(metrics.meter).expectRedelivery(again.map(({ id }) => BigInt(String(id))))
    }
    for (const { count, entity_type } of found) {
      if (isObserved(entity_type, options)) {
        bind(metrics.cluster.redeliveries, { entity_type, reason: "storage" }).record(toNumber(count))
      }
    }
  })

// The runner that takes the shard over clears the mark too, and nobody reads it in between. A shard that another runner
// has locked is left alone: its marks are that runner's.
const clearReadMarks = ({ sql, table }: InTable, { entityTypes, except, runner, shards }: UnhandledMessages) =>
  Effect.flatMap(
    hasLocks(sql, table),
    (hasLocks) => sql`UPDATE ${sql(table.name)} SET last_read = NULL
      WHERE ${sql.literal(table.isUnprocessed)} AND last_read IS NOT NULL AND kind = 0 AND last_reply_id IS NULL
      AND ${sql.in("shard_id", shards)} AND ${sql.in("entity_type", entityTypes)}
      ${hasLocks ? notLockedByOthers(sql, table, runner) : sql.literal("")}
      ${sql.literal(except.length === 0 ? "" : `AND id NOT IN (${except.join(",")})`)}`
  )

const notLockedByOthers = (sql: SqlClient.SqlClient, { locks }: MessageTable, runner: string) =>
  sql`AND shard_id NOT IN (SELECT shard_id FROM ${sql(locks)} WHERE address <> ${runner})`

// Advisory locks and locks in memory have no table.
const hasLocks = (sql: SqlClient.SqlClient, { dialect, locks }: MessageTable) =>
  Effect.map(
    dialect === "pg"
      ? sql`SELECT 1 AS found WHERE to_regclass(${locks}) IS NOT NULL`
      : sql`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ${locks}`,
    (found) => found.length > 0
  )
