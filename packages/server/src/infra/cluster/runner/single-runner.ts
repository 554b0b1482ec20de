/** The decorated `SingleRunner` of `@effect/cluster`. */
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import type { MetricsService } from "../../../observe/metrics.ts"
import { runners } from "../peers/runners.ts"
import { runnerStorage, sqlRunnerStorage } from "../shards/runner-storage.ts"
import { sqlMessageStorage } from "../storage/message-storage.ts"
import { type RunnerServices, withBacklog, withDecoratedSharding, type WithMetrics } from "./runner-metrics.ts"

/** The options of `SingleRunner.layer` of `@effect/cluster`, and what to record. */
export interface SingleRunnerOptions extends WithMetrics {
  /** The configuration of sharding; what is not given comes from its environment variables and defaults. */
  readonly shardingConfig?: Partial<ShardingConfig.ShardingConfig["Type"]> | undefined
  /** Where locks of shards are kept; `sql` unless given. */
  readonly runnerStorage?: "memory" | "sql" | undefined
}

/** A cluster of one runner that stores in SQL: `SingleRunner` of `@effect/cluster`, with metrics. */
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
    return withBacklog(withDecoratedSharding(runner, metrics), metrics.backlog).pipe(
      Layer.provide(ShardingConfig.layerFromEnv(options.shardingConfig))
    )
  }
} as const
