import * as Entity from "@effect/cluster/Entity"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import { ClusterMetrics } from "../../../src/infra/cluster.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { client, gate, inCluster, receive, run, send, Shop, shop, type } from "./entity/shop.ts"
import { moved, testCluster } from "./test-cluster.ts"

describe("what is left out", () => {
  it.effect("an excluded entity type, on both sides", () =>
    inCluster(
      Effect.gen(function* () {
        yield* run((yield* client).Buy({ n: 1 }))
        expect(yield* moved()).toEqual({})
      }),
      { cluster: testCluster({}, { exclude: ["Shop"] }) }
    )
  )

  it.effect("the label of messages", () =>
    inCluster(
      Effect.gen(function* () {
        yield* run((yield* client).Buy({ n: 1 }))
        expect(
          yield* moved(
            "cluster_messages_received_total",
            "cluster_messages_sent_total",
            "cluster_message_processing_seconds"
          )
        ).toEqual({
          'cluster_messages_received_total{entity_type="Shop",operation="receive"}': 1,
          'cluster_messages_sent_total{entity_type="Shop",operation="send"}': 1,
          'cluster_message_processing_seconds{entity_type="Shop"}': 1
        })
      }),
      { cluster: testCluster({}, { messageLabels: false }) }
    )
  )

  it.effect("one side or the other", () =>
    Effect.gen(function* () {
      const counted = (cluster: ReturnType<typeof testCluster>) =>
        inCluster(
          Effect.gen(function* () {
            yield* run((yield* client).Buy({ n: 1 }))
            return Object.keys(yield* moved("cluster_messages_received_total", "cluster_messages_sent_total"))
          }),
          { cluster }
        )
      expect(yield* counted(testCluster({}, { clients: false }))).toEqual([
        `cluster_messages_received_total${receive("Buy")}`
      ])
      expect(yield* counted(testCluster({}, { entities: false }))).toEqual([
        `cluster_messages_sent_total${send("Buy")}`
      ])
    })
  )

  it.effect("nothing of a test client, which offers a registration and nothing else", () =>
    Effect.gen(function* () {
      const layer = shop().pipe(Layer.provide(ClusterMetrics.layer()))
      const makeClient = yield* Entity.makeTestClient(Shop, layer)
      const one = yield* makeClient("one")
      expect(yield* Effect.either(one.Buy({ n: 0 }))).toMatchObject({ right: 0 })
      expect(yield* moved("cluster_messages_received_total", "cluster_entity_activations_total")).toEqual({
        [`cluster_messages_received_total${receive("Buy")}`]: 1,
        [`cluster_entity_activations_total${type}`]: 1
      })
    }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(Testing.layer(), ShardingConfig.layer(), gate)))
  )
})
