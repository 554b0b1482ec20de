/** An entity whose messages are stored, and what a runner of it needs. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Logger, LogLevel, Schema } from "effect"

export const Order = Entity.make("Order", [
  Rpc.make("Place", {
    payload: { id: Schema.String },
    success: Schema.String,
    primaryKey: ({ id }) => id
  }).annotate(ClusterSchema.Persisted, true)
])

export const OrderLive = Order.toLayer({ Place: ({ payload: { id } }) => Effect.succeed(id) })

export const sqlite = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))
export const quick = {
  shardsPerGroup: 3,
  entityMessagePollInterval: "100 millis",
  entityReplyPollInterval: "20 millis"
} as const
export const quiet = Logger.minimumLogLevel(LogLevel.None)

export const place = (id: string) => Effect.flatMap(Order.client, (of) => of("one").Place({ id }))
