/** A cluster of one runner in memory, its metrics in a registry of their own, and readable values of both. */
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import { Effect, Layer, TestClock } from "effect"
import { ClusterMetrics, type ClusterMetricsOptions } from "../../../src/infra/cluster.ts"
import * as Testing from "../../../src/observe/testing.ts"

export const config = (given: Partial<ShardingConfig.ShardingConfig["Type"]> = {}) =>
  ShardingConfig.layer({
    shardsPerGroup: 3,
    entityMailboxCapacity: 10,
    entityTerminationTimeout: 0,
    entityMessagePollInterval: 1000,
    sendRetryInterval: 100,
    ...given
  })

/** A runner, not watched. It needs a message storage, so that a second one can go on where the first one ended. */
export const plainRunner = (given?: Partial<ShardingConfig.ShardingConfig["Type"]>) =>
  Sharding.layer.pipe(
    Layer.provideMerge(Runners.layerNoop),
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(config(given))
  )

/** The same, watched. */
export const watchedRunner = (
  given?: Partial<ShardingConfig.ShardingConfig["Type"]>,
  options?: ClusterMetricsOptions
) => ClusterMetrics.layer(options).pipe(Layer.provideMerge(plainRunner(given)))

/** A watched runner with its storage in memory and its metrics in a registry of its own. */
export const testCluster = (given?: Partial<ShardingConfig.ShardingConfig["Type"]>, options?: ClusterMetricsOptions) =>
  watchedRunner(given, options).pipe(
    Layer.provideMerge(MessageStorage.layerMemory),
    Layer.provide(config(given)),
    Layer.provideMerge(Testing.layer())
  )

/** Lets whatever is due now run: the runner acquires its shards, messages arrive, replies are read. */
export const settle = Effect.zipRight(
  Effect.repeatN(Effect.yieldNow(), 300),
  Effect.zipRight(TestClock.adjust(1), Effect.repeatN(Effect.yieldNow(), 300))
)

/** Lets a runner acquire its shards, which it tries each 100 ms. */
export const ready = Effect.zipRight(settle, Effect.zipRight(TestClock.adjust(1000), settle))

/** The series of the metrics named, without those that are zero. */
export const moved = (...names: ReadonlyArray<string>) =>
  Effect.map(Testing.snapshot, (snapshot) =>
    Object.fromEntries(
      Object.entries(snapshot)
        .filter(([text]) => names.length === 0 || names.some((name) => text === name || text.startsWith(`${name}{`)))
        .map(([text, value]) => [text, typeof value === "number" ? value : value.count] as const)
        .filter(([, value]) => value !== 0)
    )
  )

/** What must be zero when nothing runs any more. */
export const leftovers = moved(
  "cluster_mailbox_depth",
  "cluster_messages_in_flight",
  "cluster_entities_active",
  "cluster_singletons_active"
)
