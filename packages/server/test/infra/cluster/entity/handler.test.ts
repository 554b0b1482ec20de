import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Layer, Schema, Stream } from "effect"
import * as Testing from "../../../../src/observe/testing.ts"
import { moved, ready, testCluster } from "../test-cluster.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { n: Schema.Number }) {}

const Shop = Entity.make("Shop", [
  Rpc.make("Buy", { payload: { n: Schema.Number }, success: Schema.Number, error: Refused }),
  Rpc.make("Feed", { payload: { n: Schema.Number }, success: Schema.Number, error: Refused, stream: true })
])

/** An error is an effect that fails with itself, and has the marks of a stream: it was taken for one. */
const ShopLive = Shop.toLayer(
  Effect.succeed(
    Shop.of({
      Buy: ({ payload: { n } }) => (n < 0 ? new Refused({ n }) : Either.right(n)),
      Feed: ({ payload: { n } }) => new Refused({ n })
    })
  )
)

it.scoped("runs an error or an either that a handler returns as the effect that it is", () =>
  Effect.gen(function* () {
    yield* ready
    const client = (yield* Shop.client)("one")
    expect(yield* Effect.flip(client.Buy({ n: -1 }))).toEqual(new Refused({ n: -1 }))
    expect(yield* client.Buy({ n: 2 })).toBe(2)
    expect(yield* Effect.flip(Stream.runDrain(client.Feed({ n: 3 })))).toEqual(new Refused({ n: 3 }))
    expect(yield* moved("cluster_entity_restarts_total", "cluster_errors_total")).toEqual({
      // As its sender and as its receiver saw it.
      'cluster_errors_total{entity_type="Shop",type="Refused"}': 4
    })
  }).pipe(Effect.provide(ShopLive.pipe(Layer.provideMerge(testCluster()))), Effect.provide(Testing.layer()))
)
