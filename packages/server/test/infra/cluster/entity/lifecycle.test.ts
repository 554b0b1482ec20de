import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Ref, Scope, Stream, TestClock } from "effect"
import { describe } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, leftovers, moved, ready, settle, watchedRunner } from "../test-cluster.ts"
import { client, deaths, inCluster, run, send, shop, stuckAt, type } from "./shop.ts"

describe("entities", () => {
  it.effect("counts an entity from its activation until it idles", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: 1 }))
        expect(yield* moved("cluster_entities_active", "cluster_entity_activations_total")).toEqual({
          [`cluster_entities_active${type}`]: 1,
          [`cluster_entity_activations_total${type}`]: 1
        })
        yield* TestClock.adjust(20_000)
        yield* settle
        expect(
          yield* moved(
            "cluster_entity_deactivations_total",
            "cluster_entity_lifetime_seconds",
            "cluster_entity_activation_seconds"
          )
        ).toEqual({
          'cluster_entity_deactivations_total{entity_type="Shop",reason="idle"}': 1,
          [`cluster_entity_lifetime_seconds${type}`]: 1,
          [`cluster_entity_activation_seconds${type}`]: 1
        })
        expect(yield* leftovers).toEqual({})
        expect(yield* moved("cluster_entity_restarts_total", "cluster_redeliveries_total")).toEqual({})
      }),
      { options: { maxIdleTime: 5000 } }
    )
  )

  for (const [rpc, error] of [
    ["Die", "TypeError"],
    ["Throw", "RangeError"]
  ] as const) {
    it.effect(`counts a rebuild after a handler's defect (${rpc}), and each message that arrives again`, () =>
      inCluster(
        Effect.gen(function* () {
          const one = yield* client
          yield* Ref.set(deaths, 2)
          yield* run(Effect.all([one[rpc]({ n: 1 }), one.Wait({ n: 1000 })], { concurrency: "unbounded" }), 5000)
          expect(
            yield* moved(
              "cluster_entity_activations_total",
              "cluster_entity_restarts_total",
              "cluster_entity_deactivations_total",
              "cluster_entities_active",
              "cluster_redeliveries_total",
              "cluster_errors_total",
              "cluster_messages_sent_total"
            )
          ).toEqual({
            [`cluster_entity_activations_total${type}`]: 1,
            [`cluster_entity_restarts_total${type}`]: 1,
            'cluster_entity_deactivations_total{entity_type="Shop",reason="defect"}': 1,
            [`cluster_entities_active${type}`]: 1,
            'cluster_redeliveries_total{entity_type="Shop",reason="entity_restart"}': rpc === "Throw" ? 1 : 2,
            [`cluster_errors_total{entity_type="Shop",type="${error}"}`]: 1,
            [`cluster_messages_sent_total${send(rpc)}`]: 1,
            [`cluster_messages_sent_total${send("Wait")}`]: 1
          })
          expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
        })
      )
    )
  }

  it.effect("counts a defect that is not fatal, and no rebuild", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* Ref.set(deaths, 2)
        yield* run(one.Die({ n: 1 }))
        expect(
          yield* moved("cluster_entity_restarts_total", "cluster_redeliveries_total", "cluster_errors_total")
        ).toEqual({
          'cluster_errors_total{entity_type="Shop",type="TypeError"}': 2
        })
      }),
      { options: { disableFatalDefects: true } }
    )
  )

  it.effect("counts a stream that goes on in a second runner, and a shutdown in the first", () =>
    Effect.gen(function* () {
      const { storage } = yield* MessageStorage.MemoryDriver
      const runner = shop().pipe(
        Layer.provideMerge(watchedRunner()),
        Layer.provide(Layer.succeed(MessageStorage.MessageStorage, storage))
      )
      const first = yield* Scope.make()
      const inFirst = yield* Layer.buildWithScope(runner, first)
      yield* Ref.set(stuckAt, 3)
      yield* ready
      yield* Effect.flatMap(client, (one) => Stream.runDrain(one.Feed({ n: 4 }))).pipe(
        Effect.provide(inFirst),
        Effect.forkDaemon
      )
      yield* ready
      yield* run(Scope.close(first, Exit.void))
      yield* Ref.set(stuckAt, 0)
      expect(yield* moved("cluster_entity_deactivations_total")).toEqual({
        'cluster_entity_deactivations_total{entity_type="Shop",reason="shutdown"}': 1
      })
      yield* run(Effect.scoped(Effect.zipRight(Layer.build(runner), Effect.sleep(1000))), 5000)
      expect(yield* moved("cluster_redeliveries_total")).toEqual({
        'cluster_redeliveries_total{entity_type="Shop",reason="stream_resume"}': 1
      })
      expect(yield* leftovers).toEqual({})
    }).pipe(
      Effect.scoped,
      Effect.provide(MessageStorage.layerMemory.pipe(Layer.provide(config()), Layer.provideMerge(Testing.layer())))
    )
  )

  it.effect("tells a moved shard from a shutdown", () =>
    Effect.gen(function* () {
      const isHeld = yield* Ref.make(true)
      const storage = yield* RunnerStorage.makeMemory
      const some = RunnerStorage.RunnerStorage.of({
        ...storage,
        acquire: (address, ids) =>
          Effect.flatMap(Ref.get(isHeld), (held) => (held ? storage.acquire(address, ids) : Effect.succeed([]))),
        refresh: (address, ids) =>
          Effect.flatMap(Ref.get(isHeld), (held) => (held ? storage.refresh(address, ids) : Effect.succeed([])))
      })
      const runner = ClusterMetrics.layer().pipe(
        Layer.provideMerge(Sharding.layer),
        Layer.provideMerge(Runners.layerNoop),
        Layer.provideMerge(MessageStorage.layerMemory),
        Layer.provide([
          ClusterMetrics.runnerStorage().pipe(Layer.provide(Layer.succeed(RunnerStorage.RunnerStorage, some))),
          RunnerHealth.layerNoop
        ]),
        Layer.provide(config({ availableShardGroups: ["default", "elsewhere"] }))
      )
      yield* Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: 1 }))
        expect(yield* moved("cluster_shards_configured", "cluster_shards_held", "cluster_shard_moves_total")).toEqual({
          cluster_shards_configured: 6,
          cluster_shards_held: 3,
          'cluster_shard_moves_total{direction="acquired"}': 3
        })
        yield* Ref.set(isHeld, false)
        yield* run(Effect.void, 15_000)
        expect(
          yield* moved("cluster_entity_deactivations_total", "cluster_shards_held", "cluster_shard_moves_total")
        ).toEqual({
          'cluster_entity_deactivations_total{entity_type="Shop",reason="shard_moved"}': 1,
          'cluster_shard_moves_total{direction="acquired"}': 3,
          'cluster_shard_moves_total{direction="lost"}': 3
        })
      }).pipe(Effect.provide(shop().pipe(Layer.provideMerge(runner))))
      expect(yield* leftovers).toEqual({})
      expect(yield* moved("cluster_shards_configured", "cluster_shards_held")).toEqual({})
    }).pipe(Effect.scoped, Effect.provide(Testing.layer()))
  )
})
