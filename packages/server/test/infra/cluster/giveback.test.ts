/** What a runner that stops had read from storage: redelivered is what a handler had, and not what was only read. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Logger, LogLevel, Schema, Scope } from "effect"
import { SingleRunner } from "../../../src/infra/cluster.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { moved } from "./harness.ts"

const Order = Entity.make("Order", [
  Rpc.make("Place", { payload: { id: Schema.String }, primaryKey: ({ id }) => id }).annotate(
    ClusterSchema.Persisted,
    true
  )
])

const runner = SingleRunner.layer({
  shardingConfig: { shardsPerGroup: 3, entityMessagePollInterval: "100 millis", entityTerminationTimeout: 0 },
  metrics: { backlog: false }
})

it.live("counts what its handlers had, and takes back the mark of what it only read", () =>
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
    // Read while the entities closed: marked, and given to no handler.
    yield* sql`INSERT INTO cluster_messages
      (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id, last_read)
      VALUES (7, 'default:1', 'Order', 'two', 0, 'Place', '{"id":"b"}', '{}', 7, CURRENT_TIMESTAMP)`
    yield* Scope.close(scope, Exit.void)
    const marked = yield* sql<{ tag: string; entity_id: string }>`
      SELECT entity_id FROM cluster_messages WHERE processed = 0 AND last_read IS NOT NULL`
    expect(marked).toEqual([{ entity_id: "one" }])
    yield* Effect.scoped(
      Effect.zipRight(Layer.build(stuck.pipe(Layer.provideMerge(runner))), Effect.sleep("1500 millis"))
    )
    expect(yield* moved("cluster_redeliveries_total")).toEqual({
      'cluster_redeliveries_total{entity_type="Order",reason="storage"}': 1
    })
    expect(yield* moved("telemetry_watch_errors_total")).toEqual({})
  }).pipe(
    Effect.provide(SqliteClient.layer({ filename: ":memory:" })),
    Effect.provide(Testing.layer()),
    Effect.provide(Logger.minimumLogLevel(LogLevel.None))
  )
)
