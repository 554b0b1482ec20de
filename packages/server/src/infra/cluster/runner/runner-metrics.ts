/** What the ready-made runners share: a runner whose inner services are all decorated, put together from public layers. */
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as Runners from "@effect/cluster/Runners"
import type { Sharding } from "@effect/cluster/Sharding"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../observe/metrics.ts"
import { backlog, type BacklogOptions } from "../storage/backlog.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { layer } from "../sharding/sharding.ts"
import { runnerStorage } from "../shards/runner-storage.ts"

/** What to watch of a ready-made runner. */
export interface RunnerMetricsOptions extends ClusterMetricsOptions {
  /** How to read the backlog of messages stored in SQL; `false` leaves it out. */
  readonly backlog?: BacklogOptions | false | undefined
}

/** The option that the ready-made runners have besides those of `@effect/cluster`. */
export interface WithMetrics {
  readonly metrics?: RunnerMetricsOptions | undefined
}

/** The services that a ready-made runner gives. */
export type RunnerServices = Sharding | Runners.Runners | MessageStorage.MessageStorage

/** `SqlRunnerStorage`, decorated. */
export const sqlRunnerStorage = (options: ClusterMetricsOptions = {}) =>
  runnerStorage(options).pipe(Layer.provide(Layer.orDie(SqlRunnerStorage.layer)))

/** A runner's `Sharding`, decorated, and beside it whatever else the runner gives. */
export const watched = <A, E, R>(runner: Layer.Layer<A | Sharding, E, R>, options: ClusterMetricsOptions = {}) =>
  Layer.provideMerge(layer(options), runner)

/** A runner that stores in SQL, with the sampler of its backlog. A dialect that is not known is warned of once. */
export const withBacklog = <A, E, R>(
  runner: Layer.Layer<A | Sharding, E, R>,
  options: RunnerMetricsOptions["backlog"]
): Layer.Layer<A | Sharding, E, R | SqlClient | MetricsService> =>
  options === false
    ? runner
    : Layer.provideMerge(
        Layer.catchAll(backlog(options), (error) =>
          Layer.effectDiscard(
            Effect.map(MetricsService, ({ meter }) =>
              meter.warnOnce("cluster backlog", `No backlog: ${error.message}`, {})
            )
          )
        ),
        runner
      )
