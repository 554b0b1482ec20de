/** A runner that stops clears the read marks of messages that no handler had: only the others count as redelivered. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { SqlClient, type SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Deferred, type Duration, Effect, Exit, Fiber, Layer, Logger, LogLevel, Ref, Schema, Scope } from "effect"
import { describe } from "vitest"
import { SingleRunner } from "../../../src/infra/cluster.ts"
import { deliveriesOf } from "../../../src/infra/cluster/deliveries.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
import { moved } from "./test-cluster.ts"

const Order = Entity.make("Order", [
  Rpc.make("Place", { payload: { id: Schema.String }, primaryKey: ({ id }) => id }).annotate(
    ClusterSchema.Persisted,
    true
  )
])

const runnerThatRefreshes = (shardLockRefreshInterval: Duration.DurationInput, shardLockDisableAdvisory = false) =>
  SingleRunner.layer({
    shardingConfig: {
      shardsPerGroup: 3,
      entityMessagePollInterval: "100 millis",
      entityTerminationTimeout: 0,
      shardLockRefreshInterval,
      shardLockDisableAdvisory,
      shardLockExpiration: "2 hours"
    },
    metrics: { backlog: false }
  })

const runner = runnerThatRefreshes("30 minutes")

const sqlite = SqliteClient.layer({ filename: ":memory:" })

const inDatabase = <A, E, E2, R, R2>(
  test: Effect.Effect<A, E, R>,
  database: Layer.Layer<SqlClient.SqlClient, E2, R2>
) =>
  test.pipe(
    Effect.provide(database),
    Effect.provide(Testing.layer()),
    Effect.provide(Logger.minimumLogLevel(LogLevel.None))
  )

/** A message in a handler that never ends, beside one that was only read; then the runner stops, and another follows. */
const handedOver = (meanwhile: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError.SqlError>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const scope = yield* Scope.make()
    const isHandled = yield* Deferred.make<void>()
    const stuck = Order.toLayer({ Place: () => Effect.zipRight(Deferred.succeed(isHandled, undefined), Effect.never) })
    const first = yield* Layer.buildWithScope(stuck.pipe(Layer.provideMerge(runner)), scope)
    yield* Effect.forkDaemon(
      Effect.provide(
        Effect.flatMap(Order.client, (of) => of("one").Place({ id: "a" })),
        first
      )
    )
    yield* Deferred.await(isHandled)
    yield* meanwhile(sql)
    // Read while the entities closed: marked, and given to no handler.
    yield* sql`INSERT INTO cluster_messages
      (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id, last_read)
      VALUES (7, 'default:1', 'Order', 'two', 0, 'Place', '{"id":"b"}', '{}', 7, CURRENT_TIMESTAMP)`
    yield* Scope.close(scope, Exit.void)
    const marked = yield* sql<{ tag: string; entity_id: string }>`
      SELECT entity_id FROM cluster_messages WHERE processed = 0 AND last_read IS NOT NULL`
    expect(marked).toEqual([{ entity_id: "one" }])
    const isDelivered = eventually(
      moved("cluster_message_delivery_delay_seconds"),
      (found) => found['cluster_message_delivery_delay_seconds{entity_type="Order"}'] === 2
    )
    yield* Effect.scoped(
      Effect.zipRight(
        Layer.build(stuck.pipe(Layer.provideMerge(runner))),
        Effect.zipRight(isDelivered, Effect.sleep("500 millis"))
      )
    )
    expect(yield* moved("cluster_redeliveries_total")).toEqual({
      'cluster_redeliveries_total{entity_type="Order",reason="storage"}': 1
    })
    // The first deliveries: of the message that was handled, and of the one that was only read.
    expect(yield* moved("cluster_message_delivery_delay_seconds")).toEqual({
      'cluster_message_delivery_delay_seconds{entity_type="Order"}': 2
    })
    expect(yield* moved("telemetry_watch_errors_total")).toEqual({})
  }).pipe((test) => inDatabase(test, sqlite))

it.live("counts what its handlers had, and clears the mark of what it only read", () => handedOver(() => Effect.void))

it.live("counts a message that a handler had for so long that storage read it again", () =>
  handedOver((sql) =>
    Effect.zipRight(
      sql`UPDATE cluster_messages SET last_read = datetime(CURRENT_TIMESTAMP, '-11 minutes')`,
      eventually(
        sql`SELECT id FROM cluster_messages WHERE last_read > datetime(CURRENT_TIMESTAMP, '-1 minutes')`,
        (read) => read.length === 1
      )
    )
  )
)

it.live("remembers only the messages that its handlers have not finished", () =>
  inDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const scope = yield* Scope.make()
      const isHandled = yield* Deferred.make<void>()
      const entity = Order.toLayer({
        Place: ({ payload: { id } }) =>
          id === "stuck" ? Effect.zipRight(Deferred.succeed(isHandled, undefined), Effect.never) : Effect.void
      })
      const context = yield* Layer.buildWithScope(entity.pipe(Layer.provideMerge(runner)), scope)
      const place = (id: string) =>
        Effect.provide(
          Effect.flatMap(Order.client, (of) => of("one").Place({ id })),
          context
        )
      yield* place("a")
      yield* place("b")
      yield* Effect.forkDaemon(place("stuck"))
      yield* Deferred.await(isHandled)
      const [stuck] = yield* sql<{
        id: string
      }>`SELECT CAST(id AS TEXT) AS id FROM cluster_messages WHERE processed = 0`
      const deliveries = deliveriesOf((yield* MetricsService).meter)
      const { clearReadMarks } = deliveries
      const remembered = yield* Ref.make<ReadonlyArray<ReadonlyArray<bigint>>>([])
      deliveries.clearReadMarks = (unhandled) =>
        Effect.zipRight(
          Ref.update(remembered, (before) => [...before, unhandled.except]),
          clearReadMarks?.(unhandled) ?? Effect.void
        )
      yield* Scope.close(scope, Exit.void)
      expect(yield* remembered).toEqual([[BigInt(stuck?.id ?? 0)]])
    }),
    sqlite
  )
)

const untilCounted = (text: string, value: number) => eventually(Testing.snapshot, (found) => found[text] === value)

/** A runner that holds its three shards, and a message that was read and is in no handler of this runner. */
const withMessageRead = (refreshes: Duration.DurationInput, disableAdvisory = false) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const scope = yield* Scope.make()
    const entity = Order.toLayer({ Place: () => Effect.never })
    yield* Layer.buildWithScope(entity.pipe(Layer.provideMerge(runnerThatRefreshes(refreshes, disableAdvisory))), scope)
    yield* untilCounted("cluster_shards_held", 3)
    yield* sql`INSERT INTO cluster_messages
      (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id, last_read)
      VALUES (7, 'default:1', 'Order', 'two', 0, 'Place', '{"id":"b"}', '{}', 7, CURRENT_TIMESTAMP)`
    const marked = Effect.map(sql`SELECT id FROM cluster_messages WHERE last_read IS NOT NULL`, (rows) => rows.length)
    return { sql, scope, marked }
  })

const lost = 'cluster_shard_moves_total{direction="lost"}'

describe("a runner that lost its shards leaves alone what their new runner read", () => {
  it.live("having noticed it, on SQLite", () =>
    inDatabase(
      Effect.gen(function* () {
        const { marked, scope, sql } = yield* withMessageRead("200 millis")
        yield* sql`UPDATE cluster_locks SET address = 'other:1'`
        yield* untilCounted(lost, 3)
        yield* Effect.sleep("1500 millis")
        expect(yield* marked).toBe(1)
        yield* Scope.close(scope, Exit.void)
        expect(yield* marked).toBe(1)
      }),
      sqlite
    )
  )

  it.live("not having noticed it, on SQLite", () =>
    inDatabase(
      Effect.gen(function* () {
        const { marked, scope, sql } = yield* withMessageRead("30 minutes")
        yield* sql`UPDATE cluster_locks SET address = 'other:1' WHERE shard_id = 'default:1'`
        yield* Scope.close(scope, Exit.void)
        expect(yield* marked).toBe(1)
      }),
      sqlite
    )
  )

  it.scopedLive("having noticed that its session of advisory locks ended, on PostgreSQL", () =>
    inDatabase(
      Effect.gen(function* () {
        const { marked, scope, sql } = yield* withMessageRead("500 millis")
        const other = yield* sql.reserve
        const locks = [1, 2, 3].map((shard) => `pg_advisory_lock(${1_000_000 + shard})`).join()
        const taken = yield* Effect.fork(other.executeUnprepared(`SELECT ${locks}`, [], undefined))
        yield* sql`SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
          WHERE locktype = 'advisory' AND granted AND datname = current_database()`
        yield* Fiber.join(taken)
        yield* untilCounted("cluster_shards_held", 0)
        yield* Effect.sleep("1500 millis")
        expect(yield* marked).toBe(1)
        yield* Scope.close(scope, Exit.void)
        expect(yield* marked).toBe(1)
      }),
      Layer.orDie(Postgres.client("lost_locks")).pipe(Layer.provide(Postgres.layer))
    )
  )

  it.scopedLive(
    "not having noticed it, and clears the marks of the other shards, with a table of locks on PostgreSQL",
    () =>
      inDatabase(
        Effect.gen(function* () {
          const { marked, scope, sql } = yield* withMessageRead("30 minutes", true)
          yield* sql`INSERT INTO cluster_messages
          (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id, last_read)
          VALUES (8, 'default:2', 'Order', 'three', 0, 'Place', '{"id":"c"}', '{}', 8, CURRENT_TIMESTAMP)`
          yield* sql`UPDATE cluster_locks SET address = 'other:1' WHERE shard_id = 'default:1'`
          expect(yield* marked).toBe(2)
          yield* Scope.close(scope, Exit.void)
          expect(yield* marked).toBe(1)
          expect(yield* moved("telemetry_watch_errors_total")).toEqual({})
        }),
        Layer.orDie(Postgres.client("table_of_locks")).pipe(Layer.provide(Postgres.layer))
      )
  )

  it.live("and clears the marks of what it has read itself", () =>
    inDatabase(
      Effect.gen(function* () {
        const { marked, scope } = yield* withMessageRead("30 minutes")
        yield* Scope.close(scope, Exit.void)
        expect(yield* marked).toBe(0)
      }),
      sqlite
    )
  )
})
