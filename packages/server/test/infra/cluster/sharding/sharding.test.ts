import * as ClusterWorkflow from "@effect/cluster/ClusterWorkflowEngine"
import type * as Sharding from "@effect/cluster/Sharding"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe, expectTypeOf } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { moved, ready, testCluster } from "../test-cluster.ts"
import { add, base, type Counter, CounterLive, logged } from "./counter.ts"

describe("decorating a sharding", () => {
  it.effect("twice counts once, and warns once", () =>
    Effect.gen(function* () {
      const { lines, logger } = logged()
      const twice = CounterLive.pipe(
        Layer.provideMerge(ClusterMetrics.layer({ exclude: ["Counter"] })),
        Layer.provideMerge(Layer.fresh(ClusterMetrics.layer())),
        Layer.provideMerge(base)
      )
      yield* add.pipe(Effect.provide(twice), Effect.provide(logger))
      expect(yield* moved("cluster_messages_sent_total", "cluster_messages_received_total")).toEqual({
        'cluster_messages_received_total{entity_type="Counter",message="Add",operation="receive"}': 1,
        'cluster_messages_sent_total{entity_type="Counter",message="Add",operation="send"}': 1
      })
      expect(lines.filter((line) => line.includes("twice"))).toEqual([
        "The metrics of Sharding are provided twice: the second layer changes nothing, and its options are ignored"
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it("leaves the types of clients alone", () => {
    type Clients = Effect.Effect.Success<typeof Counter.client>
    const call = (of: Clients) => of("one").Add({ n: 1 })
    expectTypeOf(call).returns.toExtend<Effect.Effect<number, unknown>>()
    expectTypeOf(ClusterMetrics.layer()).toExtend<Layer.Layer<Sharding.Sharding, never, unknown>>()
  })

  it.effect("leaves workflows and clocks out", () =>
    Effect.gen(function* () {
      yield* ready
      expect(yield* moved()).toEqual({})
    }).pipe(Effect.provide(ClusterWorkflow.layer.pipe(Layer.provideMerge(testCluster()))))
  )
})
