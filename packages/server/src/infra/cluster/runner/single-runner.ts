/** The runners of one process, watched: `SingleRunner` and `TestRunner` of `@effect/cluster` with the same options. */
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import type { MetricsService } from "../../../observe/metrics.ts"
import { type RunnerServices, sqlRunnerStorage, watched, type WithMetrics, withBacklog } from "./runner-metrics.ts"
import { runnerHealth, runners } from "../peers/runners.ts"
import { runnerStorage } from "../shards/runner-storage.ts"
import { messageStorage, sqlMessageStorage } from "../storage/message-storage.ts"

/** The options of `SingleRunner.layer` of `@effect/cluster`, and what to watch. */
export interface SingleRunnerOptions extends WithMetrics {
  readonly shardingConfig?: Partial<ShardingConfig.ShardingConfig["Type"]> | undefined
  readonly runnerStorage?: "memory" | "sql" | undefined
}

/** A cluster of one runner that stores in SQL: `SingleRunner` of `@effect/cluster`, watched. */
export const SingleRunner = {
  layer: (options: SingleRunnerOptions = {}): Layer.Layer<RunnerServices, ConfigError, SqlClient | MetricsService> => {
    const { metrics = {} } = options
    const runner = Sharding.layer.pipe(
      Layer.provideMerge(runners(metrics).pipe(Layer.provide(Runners.layerNoop))),
      Layer.provideMerge(sqlMessageStorage(metrics)),
      Layer.provide([
        options.runnerStorage === "memory"
          ? runnerStorage(metrics).pipe(Layer.provide(RunnerStorage.layerMemory))
          : sqlRunnerStorage(metrics),
        RunnerHealth.layerNoop
      ])
    )
    return withBacklog(watched(runner, metrics), metrics.backlog).pipe(
      Layer.provide(ShardingConfig.layerFromEnv(options.shardingConfig))
    )
  }
} as const

/** A cluster of one runner in memory, for tests: `TestRunner` of `@effect/cluster`, watched. */
export const TestRunner = {
  /** The options are those of {@link ClusterMetrics}; `TestRunner.layer` of `@effect/cluster` has none. */
  layerWith: (
    options: WithMetrics = {}
  ): Layer.Layer<RunnerServices | MessageStorage.MemoryDriver, never, MetricsService> => {
    const { metrics = {} } = options
    const storage = messageStorage(metrics).pipe(Layer.provideMerge(MessageStorage.layerMemory))
    return watched(
      Sharding.layer.pipe(
        Layer.provideMerge(runners(metrics).pipe(Layer.provide(Runners.layerNoop))),
        Layer.provideMerge(storage),
        Layer.provide([
          runnerStorage(metrics).pipe(Layer.provide(RunnerStorage.layerMemory)),
          runnerHealth(metrics).pipe(Layer.provide(RunnerHealth.layerNoop))
        ])
      ),
      metrics
    ).pipe(Layer.provide(ShardingConfig.layer()))
  },
  get layer() {
    return this.layerWith()
  }
} as const
