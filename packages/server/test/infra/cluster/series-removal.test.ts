/** Series that the cluster layer binds once are bound again after a removal. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { TestRunner } from "../../../src/infra/cluster.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { moved } from "./test-cluster.ts"

const Order = Entity.make("Order", [
  Rpc.make("Place", {
    payload: { id: Schema.String },
    success: Schema.String,
    primaryKey: ({ id }) => id
  }).annotate(ClusterSchema.Persisted, true)
])

const OrderLive = Order.toLayer({ Place: ({ payload: { id } }) => Effect.succeed(id) })

const place = (id: string) => Effect.flatMap(Order.client, (of) => of("one").Place({ id }))

const received = 'cluster_messages_received_total{entity_type="Order",message="Place",operation="receive"}'
const timed = 'cluster_storage_operation_seconds{storage_operation="save_request"}'

it.live("messages and writes after a removal are counted from zero, and none is lost", () =>
  Effect.gen(function* () {
    const { cluster } = yield* MetricsService
    yield* place("before, the first")
    yield* place("before, the second")
    expect(yield* moved("cluster_messages_received_total", "cluster_storage_operation_seconds")).toMatchObject({
      [received]: 2,
      [timed]: 2
    })
    yield* MetricsService.remove(cluster.messagesReceived, { entity_type: "Order" })
    yield* MetricsService.remove(cluster.storageDuration, { storage_operation: "save_request" })
    expect(yield* moved("cluster_messages_received_total")).not.toHaveProperty([received])
    yield* place("after")
    expect(yield* moved("cluster_messages_received_total", "cluster_storage_operation_seconds")).toMatchObject({
      [received]: 1,
      [timed]: 1
    })
  }).pipe(Effect.provide(OrderLive.pipe(Layer.provideMerge(TestRunner.layer))), Effect.provide(Testing.layer()))
)
