import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as ShardId from "@effect/cluster/ShardId"
import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { describe } from "vitest"
import { ClusterMetrics, type ClusterMetricsOptions, SingleRunner, TestRunner } from "../../../../src/infra/cluster.ts"
import type { MetricsService } from "../../../../src/observe/metrics.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { moved } from "../test-cluster.ts"
import { OrderLive, place, quick, quiet, sqlite } from "./order.ts"

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
