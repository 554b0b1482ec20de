import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import { Runner } from "@effect/cluster/Runner"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as ShardId from "@effect/cluster/ShardId"
import * as Rpc from "@effect/rpc/Rpc"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Logger, LogLevel, Schema, Scope } from "effect"
import { describe } from "vitest"
import {
  ClusterMetrics,
  type ClusterMetricsOptions,
  NodeClusterSocket,
  SingleRunner,
  TestRunner
} from "../../../../src/infra/cluster.ts"
import type { MetricsService } from "../../../../src/observe/metrics.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, moved, ready } from "../test-cluster.ts"
import { Postgres } from "../../../support/postgres.ts"

const Order = Entity.make("Order", [
  Rpc.make("Place", {
    payload: { id: Schema.String },
    success: Schema.String,
    primaryKey: ({ id }) => id
  }).annotate(ClusterSchema.Persisted, true)
])

const OrderLive = Order.toLayer({ Place: ({ payload: { id } }) => Effect.succeed(id) })

const sqlite = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))
const quick = {
  shardsPerGroup: 3,
  entityMessagePollInterval: "100 millis",
  entityReplyPollInterval: "20 millis"
} as const
const quiet = Logger.minimumLogLevel(LogLevel.None)

const place = (id: string) => Effect.flatMap(Order.client, (of) => of("one").Place({ id }))

const inRunner = <A, E>(
  test: Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof SingleRunner.layer>> | MetricsService>,
  metrics: ClusterMetricsOptions = {}
) =>
  test.pipe(
    Effect.provide(
      OrderLive.pipe(Layer.provideMerge(SingleRunner.layer({ shardingConfig: quick, metrics })), Layer.provide(sqlite))
    ),
    Effect.provide(Testing.layer()),
    Effect.provide(quiet)
  )

describe("message storage", () => {
  it.scopedLive("times its operations, and counts a request that it had already", () =>
    inRunner(
      Effect.gen(function* () {
        expect(yield* place("a")).toBe("a")
        expect(yield* place("b")).toBe("b")
        expect(yield* place("a")).toBe("a")
        const found = yield* moved(
          "cluster_messages_duplicate_total",
          "cluster_storage_operation_seconds",
          "cluster_errors_total"
        )
        expect(found).toMatchObject({
          'cluster_messages_duplicate_total{entity_type="Order"}': 1,
          'cluster_storage_operation_seconds{storage_operation="save_request"}': 3,
          'cluster_storage_operation_seconds{storage_operation="save_reply"}': 2,
          'cluster_storage_operation_seconds{storage_operation="reset_shards"}': 1,
          'cluster_storage_operation_seconds{storage_operation="register"}': 1
        })
        expect(Object.keys(found).filter((text) => text.includes("outcome"))).toEqual([])
      })
    )
  )

  it.scopedLive("counts no duplicate of an entity type that is left out", () =>
    inRunner(
      Effect.gen(function* () {
        yield* place("a")
        yield* place("a")
        expect(yield* moved("cluster_messages_duplicate_total")).toEqual({})
      }),
      { exclude: ["Order"] }
    )
  )

  it.effect("times an operation that fails", () =>
    Effect.gen(function* () {
      const storage = yield* MessageStorage.MessageStorage
      expect(Exit.isFailure(yield* Effect.exit(storage.resetShards([ShardId.make("default", 1)])))).toBe(true)
      expect(yield* moved("cluster_storage_operation_seconds")).toEqual({
        'cluster_storage_operation_seconds{outcome="defect",storage_operation="reset_shards"}': 1
      })
    }).pipe(
      Effect.provide(
        ClusterMetrics.messageStorage().pipe(
          Layer.provide(
            Layer.succeed(MessageStorage.MessageStorage, {
              ...MessageStorage.noop,
              resetShards: () => Effect.die("no")
            })
          ),
          Layer.provideMerge(Testing.layer())
        )
      )
    )
  )

  it.effect("leaves the storage that stores nothing what it is", () =>
    Effect.gen(function* () {
      expect(yield* MessageStorage.MessageStorage).toBe(MessageStorage.noop)
      expect(yield* moved()).toEqual({})
    }).pipe(
      Effect.provide(
        ClusterMetrics.messageStorage().pipe(
          Layer.provide(MessageStorage.layerNoop),
          Layer.provideMerge(Testing.layer())
        )
      )
    )
  )

  it.effect("is not decorated when it is left out", () =>
    Effect.gen(function* () {
      const { storage } = yield* MessageStorage.MemoryDriver
      expect(yield* MessageStorage.MessageStorage).toBe(storage)
    }).pipe(Effect.provide(TestRunner.layerWith({ metrics: { storage: false } }).pipe(Layer.provide(Testing.layer()))))
  )
})

/** A runner that is handed messages and goes without finishing them, and what the next one counts. */
const abandoned = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const first = yield* Scope.make()
  const isHandedOut = yield* Deferred.make<void>()
  const stuck = Order.toLayer({
    Place: () => Effect.zipRight(Deferred.succeed(isHandedOut, undefined), Effect.never)
  })
  const config = { ...quick, entityTerminationTimeout: 0 }
  const runner = (entity: typeof OrderLive) =>
    entity.pipe(Layer.provideMerge(SingleRunner.layer({ shardingConfig: config, metrics: { backlog: false } })))
  const context = yield* Layer.buildWithScope(runner(stuck), first)
  yield* Effect.forkDaemon(Effect.provide(place("lost"), context))
  yield* Deferred.await(isHandedOut)
  yield* Scope.close(first, Exit.void)
  // Never handed out: no redelivery.
  yield* sql`INSERT INTO cluster_messages
    (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id)
    VALUES (7, 'default:1', 'Order', 'two', 0, 'Place', '{"id":"new"}', '{}', 7)`
  expect(yield* moved("cluster_redeliveries_total")).toEqual({})
  const second = yield* Layer.build(runner(OrderLive))
  expect(yield* Effect.provide(place("lost"), second)).toBe("lost")
  yield* Effect.sleep("1500 millis")
  expect(yield* moved("cluster_redeliveries_total")).toEqual({
    'cluster_redeliveries_total{entity_type="Order",reason="storage"}': 1
  })
  const delay = (yield* Testing.snapshot)['cluster_message_delivery_delay_seconds{entity_type="Order"}']
  // The first delivery of each message, and not the second one of the message that was lost.
  expect(delay).toHaveProperty("count", 2)
}).pipe(Effect.scoped)

describe("redeliveries from storage", () => {
  it.effect("are not counted for a shard that is held, which advisory locks reset again and again", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const storage = yield* MessageStorage.MessageStorage
      const shard = ShardId.make("default", 1)
      const handOut = sql`UPDATE cluster_messages SET last_read = CURRENT_TIMESTAMP`
      const counted = moved("cluster_redeliveries_total")
      yield* sql`INSERT INTO cluster_messages
        (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id)
        VALUES (7, 'default:1', 'Order', 'two', 0, 'Place', '{}', '{}', 7)`
      yield* storage.resetShards([shard])
      yield* handOut
      yield* storage.resetShards([shard])
      expect(yield* counted).toEqual({})
      yield* handOut
      yield* storage.unregisterShardReplyHandlers(shard)
      yield* storage.resetShards([shard])
      expect(yield* counted).toEqual({ 'cluster_redeliveries_total{entity_type="Order",reason="storage"}': 1 })
    }).pipe(
      Effect.provide(
        ClusterMetrics.sqlMessageStorage().pipe(
          Layer.provide(config()),
          Layer.provideMerge(sqlite),
          Layer.provideMerge(Testing.layer())
        )
      )
    )
  )

  it.scopedLive("are counted once on SQLite", () =>
    abandoned.pipe(Effect.provide(sqlite), Effect.provide(Testing.layer()), Effect.provide(quiet))
  )

  it.scopedLive("are counted once on PostgreSQL", () =>
    abandoned.pipe(
      Effect.provide(Layer.orDie(Postgres.client("abandoned"))),
      Effect.provide(Testing.layer()),
      Effect.provide(quiet),
      Effect.provide(Postgres.layer)
    )
  )
})

/** A runner storage that knows one runner, which does not answer. */
const elsewhere = Effect.gen(function* () {
  const storage = yield* RunnerStorage.makeMemory
  yield* storage.register(
    new Runner({ address: RunnerAddress.make({ host: "127.0.0.1", port: 9 }), groups: ["default"], weight: 1 }),
    true
  )
  return Layer.succeed(RunnerStorage.RunnerStorage, storage)
})

describe("other runners", () => {
  const address = RunnerAddress.make({ host: "localhost", port: 1 })

  it.effect("counts each check of their health by its result", () =>
    Effect.gen(function* () {
      const health = yield* RunnerHealth.RunnerHealth
      yield* health.isAlive(address)
      yield* health.isAlive(RunnerAddress.make({ host: "gone", port: 1 }))
      yield* Effect.exit(health.isAlive(RunnerAddress.make({ host: "broken", port: 1 })))
      expect(yield* moved("cluster_runner_health_checks_total")).toEqual({
        'cluster_runner_health_checks_total{result="alive"}': 1,
        'cluster_runner_health_checks_total{result="dead"}': 1,
        'cluster_runner_health_checks_total{result="error"}': 1
      })
    }).pipe(
      Effect.provide(
        ClusterMetrics.runnerHealth().pipe(
          Layer.provide(
            Layer.succeed(RunnerHealth.RunnerHealth, {
              isAlive: ({ host }) => (host === "broken" ? Effect.die("no") : Effect.succeed(host === "localhost"))
            })
          ),
          Layer.provideMerge(Testing.layer())
        )
      )
    )
  )

  it.scopedLive("counts a try to reach one that is not there, which a client retries unseen", () =>
    Effect.gen(function* () {
      const Volatile = Entity.make("Volatile", [Rpc.make("Ping")])
      const runner = yield* Layer.build(
        NodeClusterSocket.layer({
          storage: "byo",
          clientOnly: true,
          shardingConfig: { ...quick, refreshAssignmentsInterval: "50 millis" }
        }).pipe(Layer.provide(MessageStorage.layerNoop), Layer.provide(yield* elsewhere))
      )
      const send = Effect.flatMap(Volatile.client, (of) => of("one").Ping())
      yield* Effect.provide(send, runner).pipe(Effect.timeoutOption("1500 millis"))
      const sends = yield* moved("cluster_runner_sends_total", "cluster_messages_sent_total")
      expect(Object.keys(sends)).toEqual(['cluster_runner_sends_total{outcome="failure",type="RunnerUnavailable"}'])
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet))
  )

  it.effect("counts none when they are left out", () =>
    Effect.gen(function* () {
      yield* ready
      expect(yield* moved("cluster_runner_sends_total", "cluster_runner_health_checks_total")).toEqual({})
      yield* Runners.Runners
    }).pipe(
      Effect.provide(TestRunner.layerWith({ metrics: { runners: false } }).pipe(Layer.provideMerge(Testing.layer())))
    )
  )
})
