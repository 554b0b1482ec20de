import * as MachineId from "@effect/cluster/MachineId"
import * as Snowflake from "@effect/cluster/Snowflake"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Clock, Effect, Layer, Logger, LogLevel } from "effect"
import { describe } from "vitest"
import { BacklogError, type BacklogOptions, ClusterMetrics, SingleRunner } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, moved, testCluster } from "../test-cluster.ts"
import { eventually } from "../../../support/eventually.ts"
import { Postgres } from "../../../support/postgres.ts"

const quick = { shardsPerGroup: 3, entityMessagePollInterval: "1 hour" } as const

const insert = (sql: SqlClient.SqlClient, message: Record<string, string | number | boolean | null>) =>
  sql`INSERT INTO cluster_messages ${sql.insert({
    message_id: null,
    entity_type: "Order",
    entity_id: "one",
    kind: 0,
    tag: "Place",
    payload: "{}",
    headers: "{}",
    last_read: null,
    deliver_at: null,
    request_id: 1,
    shard_id: "default:1",
    ...message
  })}`

const at = (millis: number, sequence: number): string =>
  String(Snowflake.make({ machineId: MachineId.make(1), sequence, timestamp: millis }))

/** Both gauges, which are sampled one after the other. */
const sampled = moved("cluster_message_backlog", "cluster_message_backlog_oldest_age_seconds")

/** Rows in each state, and the gauges that follow from them. */
const reads = (options: BacklogOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
    const no = isPg ? false : 0
    const yes = isPg ? true : 1
    yield* Layer.build(SqlMessageStorage.layer.pipe(Layer.provide(config())))
    const now = yield* Clock.currentTimeMillis
    const read = isPg ? new Date(now).toISOString() : "2026-01-01 00:00:00"
    const ago = (seconds: number, sequence: number) => at(now - seconds * 1000, sequence)
    yield* Layer.build(
      ClusterMetrics.backlog(options).pipe(
        Layer.provide(SingleRunner.layer({ shardingConfig: quick, metrics: { backlog: false } }))
      )
    )
    // Taking over its shards, a runner takes back the marks of what was handed out: so the rows come after that.
    yield* eventually(Testing.snapshot, (found) => found['cluster_message_backlog{state="pending"}'] !== undefined)
    // In one transaction, so that no sample sees only some of the rows.
    yield* sql.withTransaction(
      Effect.forEach(
        [
          { id: ago(100, 1), processed: no },
          { id: ago(50, 2), processed: no, shard_id: "other:7" },
          { id: ago(900, 3), processed: no, deliver_at: now - 20_000 },
          { id: ago(300, 4), processed: no, last_read: read },
          { id: ago(800, 5), processed: no, deliver_at: now + 60_000 },
          { id: ago(800, 6), processed: no, kind: 2 },
          { id: ago(5000, 7), processed: yes, last_read: read }
        ],
        (message) => insert(sql, message)
      )
    )
    yield* sql`CREATE TABLE before_ AS SELECT * FROM cluster_messages`
    yield* eventually(sampled, (found) => Object.keys(found).length === 4)
    expect(yield* moved("cluster_message_backlog")).toEqual({
      'cluster_message_backlog{state="pending"}': 3,
      'cluster_message_backlog{state="delivered"}': 1,
      'cluster_message_backlog{state="scheduled"}': 1
    })
    const age = (yield* moved("cluster_message_backlog_oldest_age_seconds"))[
      "cluster_message_backlog_oldest_age_seconds"
    ]
    expect(age).toBeGreaterThanOrEqual(300)
    expect(age).toBeLessThan(400)
    const changed =
      yield* sql`SELECT id, kind, processed FROM before_ EXCEPT SELECT id, kind, processed FROM cluster_messages`
    expect(changed).toEqual([])
    yield* sql`DELETE FROM cluster_messages`
    yield* eventually(sampled, (found) => Object.keys(found).length === 0)
    expect(yield* Testing.snapshot).toMatchObject({
      'cluster_message_backlog{state="pending"}': 0,
      'cluster_message_backlog{state="scheduled"}': 0,
      cluster_message_backlog_oldest_age_seconds: 0
    })
    expect(yield* moved("telemetry_watch_errors_total", "cluster_singletons_active")).toEqual({})
  }).pipe(Effect.scoped, Effect.provide(Testing.layer()), Effect.provide(Logger.minimumLogLevel(LogLevel.None)))

const sqlite = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))

describe("the backlog", () => {
  it.live("is read on SQLite by shard", () => reads({ every: "100 millis" }).pipe(Effect.provide(sqlite)))

  it.live("is read on SQLite from a partial index", () =>
    Effect.gen(function* () {
      yield* reads({ every: "100 millis", index: true })
      const sql = yield* SqlClient.SqlClient
      const plan = yield* sql<{ detail: string }>`EXPLAIN QUERY PLAN
        SELECT COUNT(*) FROM cluster_messages m WHERE processed = 0 AND m.kind = 0`
      expect(plan.map(({ detail }) => detail).join()).toContain("cluster_messages_backlog_idx")
    }).pipe(Effect.provide(sqlite))
  )

  it.live(
    "is read on PostgreSQL, by shard and from a partial index",
    () =>
      Effect.gen(function* () {
        yield* reads({ every: "100 millis" }).pipe(Effect.provide(Layer.orDie(Postgres.client("by_shard"))))
        yield* reads({ every: "100 millis", index: true }).pipe(
          Effect.provide(Layer.orDie(Postgres.client("by_index")))
        )
      }).pipe(Effect.provide(Postgres.layer)),
    60_000
  )

  it.live(
    "is not slowed by processed rows on PostgreSQL",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* Layer.build(SqlMessageStorage.layer.pipe(Layer.provide(config())))
        yield* sql`INSERT INTO cluster_messages (id, shard_id, entity_type, entity_id, kind, processed, request_id)
          SELECT n, 'default:' || (n % 300), 'Order', 'one', 0, n % 2000 <> 0, n FROM generate_series(1, 200000) AS n`
        yield* sql`ANALYZE cluster_messages`
        yield* Layer.build(
          ClusterMetrics.backlog({ every: "50 millis" }).pipe(
            Layer.provide(SingleRunner.layer({ shardingConfig: quick, metrics: { backlog: false } }))
          )
        )
        const found = yield* eventually(moved("cluster_message_backlog"), (now) => Object.keys(now).length > 0)
        expect(Object.values(found).reduce((total, value) => total + value, 0)).toBe(100)
        // What a sequential scan would read: the query must not.
        const scans = yield* sql<{ seq: number }>`
          SELECT seq_tup_read::INT AS seq FROM pg_stat_user_tables WHERE relname = 'cluster_messages'`
        yield* Effect.sleep("1500 millis")
        const later = yield* sql<{ seq: number }>`
          SELECT seq_tup_read::INT AS seq FROM pg_stat_user_tables WHERE relname = 'cluster_messages'`
        expect(later[0]?.seq).toBe(scans[0]?.seq)
      }).pipe(
        Effect.scoped,
        Effect.provide(Layer.orDie(Postgres.client("processed"))),
        Effect.provide(Postgres.layer),
        Effect.provide(Testing.layer()),
        Effect.provide(Logger.minimumLogLevel(LogLevel.None))
      ),
    60_000
  )
})

describe("a second backlog of the same table", () => {
  it.scopedLive("changes nothing, and is warned of once", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => void lines.push(String(message)))
      )
      const runner = SingleRunner.layer({ shardingConfig: quick, metrics: { backlog: { every: "100 millis" } } })
      const beside = Layer.mergeAll(ClusterMetrics.backlog(), Layer.fresh(ClusterMetrics.backlog()))
      yield* Layer.build(beside.pipe(Layer.provide(runner), Layer.provide(logger)))
      yield* eventually(Testing.snapshot, (found) => found["cluster_message_backlog_oldest_age_seconds"] !== undefined)
      expect(yield* Testing.snapshot).toMatchObject({ 'cluster_message_backlog{state="pending"}': 0 })
      expect(lines.filter((line) => line.includes("backlog"))).toEqual([
        'The backlog of "cluster_messages" is sampled already, and this ClusterMetrics.backlog changes nothing. ' +
          "Omit it, or use the option metrics: { backlog: false } of the ready-made runner"
      ])
    }).pipe(Effect.provide(sqlite), Effect.provide(Testing.layer()))
  )
})

describe("what it can't read", () => {
  it.live("is an error that names the table, where the prefix is not known or messages are not stored in SQL", () =>
    Effect.gen(function* () {
      const errors = yield* Effect.forEach([{ prefix: "nowhere" }, {}], (options) =>
        Effect.flip(Effect.scoped(Layer.build(ClusterMetrics.backlog(options))))
      )
      expect(errors.map((error) => [error._tag, error.reason, error.table])).toEqual([
        ["ClusterBacklogError", "Table", "nowhere_messages"],
        ["ClusterBacklogError", "Table", "cluster_messages"]
      ])
      expect(errors[0]?.message).toBe(
        'There is no message table "nowhere_messages" in this database. Give ClusterMetrics.backlog the SqlClient and the ' +
          "prefix of the cluster's SqlMessageStorage, or omit it if messages are not stored in SQL"
      )
      expect(errors[0]).toBeInstanceOf(BacklogError)
    }).pipe(Effect.provide(testCluster()), Effect.provide(sqlite))
  )
})
