/**
 * Reads the backlog from the message table: with one `SELECT`, because asking the storage for unprocessed messages
 * would mark them as read, and delay them.
 */
import * as Snowflake from "@effect/cluster/Snowflake"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type MessageTable, toNumber } from "./message-table.ts"

/** The messages that are stored and not processed, by state, and the age of the oldest that is due. */
export interface Backlog {
  readonly pending: number
  readonly delivered: number
  readonly scheduled: number
  readonly oldestSeconds: number
}

/** The backlog now: with `index` from the partial index, otherwise shard by shard from the cluster's own index. */
export const readBacklog = (
  sql: SqlClient.SqlClient,
  table: MessageTable,
  { index }: { readonly index: boolean }
): Effect.Effect<Backlog, SqlError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const sums = summing(sql, now)
    const found = yield* index ? fromIndex(sql, table, sums) : byShard(sql, table, sums)
    const [row] = found
    return {
      pending: toNumber(row?.pending),
      delivered: toNumber(row?.delivered),
      scheduled: toNumber(row?.scheduled),
      oldestSeconds:
        row?.oldest === null || row?.oldest === undefined ? 0 : Math.max(0, now - toNumber(row.oldest)) / 1000
    }
  }).pipe(Effect.withTracerEnabled(false))

interface BacklogRow {
  readonly pending: unknown
  readonly delivered: unknown
  readonly scheduled: unknown
  readonly oldest: unknown
}

// No column has the time a message was sent, but its id is a snowflake, which starts with that time.
const summing = (sql: SqlClient.SqlClient, now: number) => {
  const sent = `((m.id >> 22) + ${Snowflake.constEpochMillis})`
  const isDue = `(m.deliver_at IS NULL OR m.deliver_at <= ${now})`
  return sql.literal(`
    COUNT(CASE WHEN ${isDue} AND m.last_read IS NULL THEN 1 END) AS pending,
    COUNT(CASE WHEN ${isDue} AND m.last_read IS NOT NULL THEN 1 END) AS delivered,
    COUNT(CASE WHEN NOT ${isDue} THEN 1 END) AS scheduled,
    MIN(CASE WHEN ${isDue} THEN CASE WHEN m.deliver_at > ${sent} THEN m.deliver_at ELSE ${sent} END END) AS oldest`)
}

type Sums = ReturnType<typeof summing>

const fromIndex = (sql: SqlClient.SqlClient, { isUnprocessed, name }: MessageTable, sums: Sums) =>
  sql<BacklogRow>`SELECT ${sums} FROM ${sql(name)} m WHERE ${sql.literal(isUnprocessed)} AND m.kind = 0`

// Walks the distinct shards in the cluster's own index (shard_id, processed, …), and looks each of them up there.
const byShard = (sql: SqlClient.SqlClient, { dialect, isUnprocessed, name }: MessageTable, sums: Sums) => {
  const table = sql(name)
  const isCounted = sql.literal(`m.shard_id = s.shard_id AND m.${isUnprocessed} AND m.kind = 0`)
  const shards = sql`WITH RECURSIVE shards(shard_id) AS (
      SELECT MIN(shard_id) FROM ${table}
      UNION ALL
      SELECT (SELECT MIN(n.shard_id) FROM ${table} n WHERE n.shard_id > s.shard_id) FROM shards s
      WHERE s.shard_id IS NOT NULL
    )`
  return dialect === "pg"
    ? sql<BacklogRow>`${shards}
      SELECT SUM(pending) AS pending, SUM(delivered) AS delivered, SUM(scheduled) AS scheduled, MIN(oldest) AS oldest
      FROM shards s CROSS JOIN LATERAL (SELECT ${sums} FROM ${table} m WHERE ${isCounted}) AS found`
    : sql<BacklogRow>`${shards} SELECT ${sums} FROM shards s CROSS JOIN ${table} m WHERE ${isCounted}`
}
