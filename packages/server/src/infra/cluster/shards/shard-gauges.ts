/** The gauges of shards, read at each collection: how many this process holds, and how many the cluster has. */
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import type { Scope } from "effect/Scope"
import { bind } from "../../../observe/instrument/bind.ts"
import type { Meter } from "../../../observe/instrument/meter.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import type { HeldShards } from "./held-shards.ts"

/** `cluster_shards_configured`: the shards of every available group, also of those that this runner does not serve. */
export const observeConfigured = (
  metrics: MetricsService,
  config: ShardingConfig.ShardingConfig["Type"]
): Effect.Effect<void, never, Scope> => {
  const value = ShardingConfig.shardGroupConfig(config).available.size * config.shardsPerGroup
  return Effect.provideService(
    MetricsService.observe(metrics.cluster.shardsConfigured, () => [{ labels: {}, value }]),
    MetricsService,
    metrics
  )
}

/**
 * `cluster_shards_held`. It has no label: it is the sum over the runners that share a process, and stays at zero after
 * the last of them.
 */
export const observeHeld = (metrics: MetricsService, held: HeldShards): Effect.Effect<void, never, Scope> => {
  const runners = runnersByMeter.get(metrics.meter) ?? new Set()
  runnersByMeter.set(metrics.meter, runners)
  const sum = () => Array.from(runners).reduce((total, { size }) => total + size, 0)
  return Effect.gen(function* () {
    yield* Effect.acquireRelease(
      Effect.sync(() => runners.add(held)),
      () =>
        Effect.sync(() => {
          runners.delete(held)
          bind(metrics.cluster.shardsHeld, {}).record(sum())
        })
    )
    yield* MetricsService.zero(metrics.cluster.shardMoves)
    yield* MetricsService.observe(metrics.cluster.shardsHeld, () => [{ labels: {}, value: sum() }])
  }).pipe(Effect.provideService(MetricsService, metrics))
}

const runnersByMeter = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/heldShards"),
  () => new WeakMap<Meter, Set<HeldShards>>()
)
