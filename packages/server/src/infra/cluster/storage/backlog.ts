/**
 * The backlog of the cluster, read from the message table by one runner at a time. Only `SELECT`s are made: asking the
 * storage for unprocessed messages would mark them as read, and delay them.
 */
import { Sharding } from "@effect/cluster/Sharding"
import * as Snowflake from "@effect/cluster/Snowflake"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { MetricsService } from "../../../observe/metrics.ts"
import { ownPrefix } from "../options.ts"
import type { MessageTableOptions } from "./message-storage.ts"
import { type MessageTable, messageTable, toNumber } from "./message-table.ts"

/** How to read the backlog. */
export interface BacklogOptions extends MessageTableOptions {
  /** The pause between two reads; 10 seconds unless given. A read is two or three milliseconds on an indexed table. */
  readonly every?: Duration.DurationInput | undefined
  /**
   * Creates a partial index on what is not processed (`<prefix>_messages_backlog_idx`) and reads that; `false` unless
   * given. Without it each shard is looked up in the cluster's own index, which processed rows do not slow either, but
   * takes several times as long. On PostgreSQL the index is built concurrently.
   */
  readonly index?: boolean | undefined
  /** The shard group whose runners may read; `default` unless given. */
  readonly shardGroup?: string | undefined
}

/** The backlog can't be read here: no such table, or a dialect whose tables are not known. */
export class BacklogError extends Data.TaggedError("ClusterBacklogError")<{
  readonly reason: "Dialect" | "Table"
  readonly table: string
  readonly cause: unknown
}> {
  override get message(): string {
    return this.reason === "Dialect"
      ? `the backlog in "${this.table}" can be read on PostgreSQL and SQLite only`
      : `there is no message table "${this.table}" in this database: give ClusterMetrics.backlog the SqlClient and the ` +
          "prefix of the cluster's SqlMessageStorage, and leave it out where messages are not stored in SQL"
  }
}

/**
 * Samples `cluster_message_backlog{state}` and `cluster_message_backlog_oldest_age_seconds` on the one runner that has
 * the singleton, so that each is written once in a cluster. Fails where there is no message table. Beside a backlog of the
 * same table (a ready-made runner has one) it changes nothing and says so once.
 */
export const backlog = (
  options: BacklogOptions = {}
): Layer.Layer<never, BacklogError, Sharding | SqlClient.SqlClient | MetricsService> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding
      const metrics = yield* MetricsService
      const sql = (yield* SqlClient.SqlClient).withoutTransforms()
      const table = yield* tableOf(sql, options)
      if (options.index === true) {
        yield* createIndex(sql, table)
      }
      const every = Duration.decode(options.every ?? Duration.seconds(10))
      // Both gauges come from one read.
      const read = yield* Effect.cachedWithTTL(readBacklog(sql, table, options), Duration.times(every, 0.5))
      const { cluster } = metrics
      const states = Effect.map(read, ({ delivered, pending, scheduled }) =>
        Object.entries({ delivered, pending, scheduled }).map(([state, value]) => ({ labels: { state }, value }))
      )
      const age = Effect.map(read, ({ oldestSeconds }) => [{ labels: {}, value: oldestSeconds }])
      const sampling = Effect.zipRight(
        MetricsService.sample({ gauge: cluster.backlog, read: states, every }),
        MetricsService.sample({ gauge: cluster.backlogOldestAge, read: age, every })
      )
      const name = `${ownPrefix}${table.name}`
      yield* sharding
        .registerSingleton(name, Effect.provideService(sampling, MetricsService, metrics), {
          shardGroup: options.shardGroup
        })
        .pipe(
          Effect.catchSomeDefect((defect) =>
            // As `Sharding` words it; it can't be asked what it has.
            defect === `Singleton '${name}' is already registered`
              ? Option.some(Effect.sync(() => warnOfTwo(metrics, table)))
              : Option.none()
          )
        )
    })
  )

const warnOfTwo = ({ meter }: MetricsService, { name }: MessageTable): void =>
  meter.warnOnce(
    `twice backlog ${name}`,
    `The backlog of "${name}" is sampled already, and ClusterMetrics.backlog changes nothing beside that: ` +
      "leave it out, or give the ready-made runner metrics: { backlog: false }",
    {}
  )

interface Backlog {
  readonly pending: number
  readonly delivered: number
  readonly scheduled: number
  readonly oldestSeconds: number
}

const tableOf = (
  sql: SqlClient.SqlClient,
  { prefix = "cluster" }: BacklogOptions
): Effect.Effect<MessageTable, BacklogError> => {
  const table = messageTable(sql, prefix)
  if (table === undefined) {
    return new BacklogError({ reason: "Dialect", table: `${prefix}_messages`, cause: undefined })
  }
  return sql`SELECT id FROM ${sql(table.name)} WHERE ${sql.literal(table.isUnprocessed)} LIMIT 1`.pipe(
    Effect.mapBoth({
      onFailure: (cause) => new BacklogError({ reason: "Table", table: table.name, cause }),
      onSuccess: () => table
    })
  )
}

const createIndex = (sql: SqlClient.SqlClient, { dialect, isUnprocessed, name }: MessageTable) => {
  const concurrently = dialect === "pg" ? "CONCURRENTLY " : ""
  const index = `${name}_backlog_idx`
  return sql`CREATE INDEX ${sql.literal(concurrently)}IF NOT EXISTS ${sql(index)}
    ON ${sql(name)} (kind, deliver_at, last_read, id) WHERE ${sql.literal(isUnprocessed)}`.unprepared.pipe(
    Effect.mapError((cause) => new BacklogError({ reason: "Table", table: name, cause }))
  )
}

const readBacklog = (
  sql: SqlClient.SqlClient,
  table: MessageTable,
  { index = false }: BacklogOptions
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

// There is no column for when a message was sent: its id, a snowflake, begins with it.
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

// Walks the distinct shards through the cluster's own index (shard_id, processed, …), and looks each one up in it.
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
