import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as ShardId from "@effect/cluster/ShardId"
import { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Scope } from "effect"
import { describe } from "vitest"
import { ClusterMetrics, SingleRunner } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { eventually } from "../../../support/eventually.ts"
import { Postgres } from "../../../support/postgres.ts"
import { config, moved } from "../test-cluster.ts"
import { Order, OrderLive, place, quick, quiet, sqlite } from "./order.ts"

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
  // The first delivery of each message, and not the second one of the message that was lost.
  const delay = 'cluster_message_delivery_delay_seconds{entity_type="Order"}'
  yield* eventually(moved("cluster_message_delivery_delay_seconds"), (found) => found[delay] === 2)
  yield* Effect.sleep("500 millis")
  expect(yield* moved("cluster_redeliveries_total")).toEqual({
    'cluster_redeliveries_total{entity_type="Order",reason="storage"}': 1
  })
  expect((yield* Testing.snapshot)[delay]).toHaveProperty("count", 2)
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
