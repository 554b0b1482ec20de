/** What the ready-made runners have in common: the option `metrics`, and the layers that it adds to a runner. */
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as Runners from "@effect/cluster/Runners"
import type { Sharding } from "@effect/cluster/Sharding"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../observe/metrics.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { layer } from "../sharding/sharding.ts"
import { backlog, type BacklogOptions } from "../storage/backlog.ts"

/** What to record of a ready-made runner. */
export interface RunnerMetricsOptions extends ClusterMetricsOptions {
  /** How to read the backlog of messages that are stored in SQL; `false` leaves it out. */
  readonly backlog?: BacklogOptions | false | undefined
}

/** The option that the ready-made runners have in addition to those of `@effect/cluster`. */
export interface WithMetrics {
  /** What to record; all of it unless given. */
  readonly metrics?: RunnerMetricsOptions | undefined
}

/** The services that a ready-made runner provides. */
export type RunnerServices = Sharding | Runners.Runners | MessageStorage.MessageStorage

/** A runner with its `Sharding` decorated. Its other services stay. */
export const withDecoratedSharding = <A, E, R>(
  runner: Layer.Layer<A | Sharding, E, R>,
  options: ClusterMetricsOptions = {}
) => Layer.provideMerge(layer(options), runner)

/** A runner that stores in SQL, with samples of its backlog. A backlog that can't be read is warned of once. */
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
              meter.warnOnce("cluster backlog", `The backlog is not sampled. ${error.message}`, {})
            )
          )
        ),
        runner
      )
