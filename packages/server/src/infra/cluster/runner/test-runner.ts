/** The decorated `TestRunner` of `@effect/cluster`. */
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Layer from "effect/Layer"
import type { MetricsService } from "../../../observe/metrics.ts"
import { runnerHealth } from "../peers/runner-health.ts"
import { runners } from "../peers/runners.ts"
import { runnerStorage } from "../shards/runner-storage.ts"
import { messageStorage } from "../storage/message-storage.ts"
import { type RunnerServices, withDecoratedSharding, type WithMetrics } from "./runner-metrics.ts"

/** A cluster of one runner in memory, for tests: `TestRunner` of `@effect/cluster`, with metrics. */
export const TestRunner = {
  /** `layer` with options; `TestRunner` of `@effect/cluster` has none. */
  layerWith: (
    options: WithMetrics = {}
  ): Layer.Layer<RunnerServices | MessageStorage.MemoryDriver, never, MetricsService> => {
    const { metrics = {} } = options
    const storage = messageStorage(metrics).pipe(Layer.provideMerge(MessageStorage.layerMemory))
    const runner = Sharding.layer.pipe(
      Layer.provideMerge(runners(metrics).pipe(Layer.provide(Runners.layerNoop))),
      Layer.provideMerge(storage),
      Layer.provide([
        runnerStorage(metrics).pipe(Layer.provide(RunnerStorage.layerMemory)),
        runnerHealth(metrics).pipe(Layer.provide(RunnerHealth.layerNoop))
      ])
    )
    return withDecoratedSharding(runner, metrics).pipe(Layer.provide(ShardingConfig.layer()))
  },
  get layer() {
    return this.layerWith()
  }
} as const
