/** What a runner is known to hold when its storage is asked and the answer does not come. */
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as ShardId from "@effect/cluster/ShardId"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { describe } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import type { MetricsService } from "../../../../src/observe/metrics.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, moved } from "../test-cluster.ts"

const address = RunnerAddress.make({ host: "one", port: 1 })
const shards = [1, 2, 3].map((id) => ShardId.make("default", id))

/** A storage that never answers a refresh of locks that it gave. */
const silent = Layer.effect(
  RunnerStorage.RunnerStorage,
  Effect.map(RunnerStorage.makeMemory, (storage) =>
    RunnerStorage.RunnerStorage.of({ ...storage, refresh: () => Effect.never })
  )
)

const holding = <A, E>(test: (storage: RunnerStorage.RunnerStorage["Type"]) => Effect.Effect<A, E, MetricsService>) =>
  Effect.gen(function* () {
    const storage = yield* RunnerStorage.RunnerStorage
    yield* storage.acquire(address, shards)
    yield* test(storage)
  }).pipe(
    Effect.provide(ClusterMetrics.runnerStorage().pipe(Layer.provide(silent), Layer.provide(config()))),
    Effect.provide(Testing.layer())
  )

const found = moved("cluster_shards_held", "cluster_shard_moves_total")

describe("the shards held", () => {
  it.effect("stay what they were when a refresh is interrupted, as it is when the runner stops", () =>
    holding((storage) =>
      Effect.gen(function* () {
        const refresh = yield* Effect.fork(storage.refresh(address, shards))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(refresh)
        expect(yield* found).toEqual({ cluster_shards_held: 3, 'cluster_shard_moves_total{direction="acquired"}': 3 })
        yield* storage.releaseAll(address)
        expect(yield* found).toEqual({
          'cluster_shard_moves_total{direction="acquired"}': 3,
          'cluster_shard_moves_total{direction="released"}': 3
        })
      })
    )
  )

  it.effect("are none when a refresh took so long that the runner gave it up", () =>
    holding((storage) =>
      Effect.gen(function* () {
        // As the runner does: it waits for the interval between two refreshes, and interrupts.
        const refresh = yield* Effect.fork(Effect.timeoutOption(storage.refresh(address, shards), "10 seconds"))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(refresh)
        expect(yield* found).toEqual({ 'cluster_shard_moves_total{direction="acquired"}': 3 })
        yield* storage.releaseAll(address)
        expect(yield* found).toEqual({
          'cluster_shard_moves_total{direction="acquired"}': 3,
          'cluster_shard_moves_total{direction="lost"}': 3
        })
      })
    )
  )
})
