/** The backlog of the cluster: sampled from the message table, by one runner at a time. */
import { Sharding } from "@effect/cluster/Sharding"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { MetricsService } from "../../../observe/metrics.ts"
import { ownPrefix } from "../options.ts"
import { readBacklog } from "./backlog-query.ts"
import { type MessageTable, messageTable, type MessageTableOptions } from "./message-table.ts"

/** How to read the backlog. */
export interface BacklogOptions extends MessageTableOptions {
  /** The interval of reads; 10 seconds by default. A read of an indexed table takes two or three milliseconds. */
  readonly every?: Duration.DurationInput | undefined
  /**
   * Create a partial index of the unprocessed messages, `<prefix>_messages_backlog_idx`, and read that; `false` by
   * default. Without it each shard is looked up in the cluster's own index. Processed rows do not slow that either, but
   * it takes several times as long. On PostgreSQL the index is built concurrently.
   */
  readonly index?: boolean | undefined
  /** The shard group whose runners may read; the group `default` unless given. */
  readonly shardGroup?: string | undefined
}

/** The backlog can't be read: there is no such table, or the dialect is neither PostgreSQL nor SQLite. */
export class BacklogError extends Data.TaggedError("ClusterBacklogError")<{
  readonly reason: "Dialect" | "Table"
  readonly table: string
  readonly cause: unknown
}> {
  /** Which table can't be read, why, and what to do. */
  override get message(): string {
    return this.reason === "Dialect"
      ? `The backlog in "${this.table}" can be read on PostgreSQL and SQLite only`
      : `There is no message table "${this.table}" in this database. Give ClusterMetrics.backlog the SqlClient and the ` +
          "prefix of the cluster's SqlMessageStorage, or omit it if messages are not stored in SQL"
  }
}

/**
 * Samples `cluster_message_backlog{state}` and `cluster_message_backlog_oldest_age_seconds` in a singleton, so that one
 * runner of the cluster writes them. Fails if there is no message table. Where the backlog of the same table is sampled
 * already, as a ready-made runner does, it changes nothing and warns once.
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
      const { index = false } = options
      if (index) {
        yield* createIndex(sql, table)
      }
      const every = Duration.decode(options.every ?? Duration.seconds(10))
      // Both gauges come from one read.
      const read = yield* Effect.cachedWithTTL(readBacklog(sql, table, { index }), Duration.times(every, 0.5))
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
            // The words of `Sharding`, which does not tell what is registered.
            defect === `Singleton '${name}' is already registered`
              ? Option.some(Effect.sync(() => warnOfSecond(metrics, table)))
              : Option.none()
          )
        )
    })
  )

const warnOfSecond = ({ meter }: MetricsService, { name }: MessageTable): void =>
  meter.warnOnce(
    `twice backlog ${name}`,
    `The backlog of "${name}" is sampled already, and this ClusterMetrics.backlog changes nothing. ` +
      "Omit it, or use the option metrics: { backlog: false } of the ready-made runner",
    {}
  )

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
