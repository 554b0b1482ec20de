import type * as Sharding from "@effect/cluster/Sharding"
import * as Singleton from "@effect/cluster/Singleton"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { moved, ready } from "../test-cluster.ts"
import { add, base, CounterLive, logged } from "./counter.ts"

describe("what is registered on an undecorated sharding", () => {
  it.effect("is warned of once", () =>
    Effect.gen(function* () {
      const { lines, logger } = logged()
      const late = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.unwrapEffect(Effect.as(Effect.sleep(1), layer))
      const beside = Layer.mergeAll(late(CounterLive), late(Singleton.make("alone", Effect.never)))
      yield* Effect.never.pipe(
        Effect.provide(Layer.mergeAll(beside, ClusterMetrics.layer()).pipe(Layer.provide(base))),
        Effect.provide(logger),
        Effect.fork
      )
      yield* ready
      const unwatched = lines.filter((line) => line.includes("is registered on"))
      expect(unwatched.toSorted()).toEqual([
        'The entity type "Counter" is registered on a Sharding without metrics, and is not counted: provide its layer with the Sharding of ClusterMetrics.layer',
        'The singleton "alone" is registered on a Sharding without metrics, and is not counted: provide its layer with the Sharding of ClusterMetrics.layer'
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("is not what another branch over the same runner decorates: both are counted, without a warning", () =>
    Effect.gen(function* () {
      const { lines, logger } = logged()
      const late = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.unwrapEffect(Effect.as(Effect.sleep(1), layer))
      const branch = <A, E>(layer: Layer.Layer<A, E, Sharding.Sharding>) =>
        late(layer).pipe(Layer.provide(Layer.fresh(ClusterMetrics.layer())))
      const branches = Layer.mergeAll(
        branch(CounterLive),
        branch(Singleton.make("alone", Effect.never)),
        branch(Layer.effectDiscard(Effect.forkDaemon(add)))
      )
      yield* Effect.never.pipe(Effect.provide(branches.pipe(Layer.provide(base))), Effect.provide(logger), Effect.fork)
      yield* ready
      yield* ready
      yield* ready
      expect(lines.filter((line) => line.includes("is registered on"))).toEqual([])
      expect(yield* moved("cluster_messages_received_total", "cluster_singletons_active")).toEqual({
        'cluster_messages_received_total{entity_type="Counter",message="Add",operation="receive"}': 1,
        'cluster_singletons_active{singleton="alone"}': 1
      })
    }).pipe(Effect.provide(Testing.layer()))
  )
})
