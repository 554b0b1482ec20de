/** `ClusterCron.make` whose jobs tell how they ended: upstream logs a failed job, and its message succeeds. */
import * as ClusterCron from "@effect/cluster/ClusterCron"
import type { Sharding } from "@effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Layer from "effect/Layer"
import type { Scope } from "effect/Scope"
import { MetricsService } from "../../../observe/metrics.ts"
import { bind } from "../bind.ts"
import { cronEntityPrefix, cronOutcome } from "./cron-outcome.ts"
import { errorTypeOf } from "../cluster-error.ts"
import { watchWith } from "../watch.ts"
import { ofExit } from "../../../observe/track/outcome-of.ts"

/** The options of `ClusterCron.make`. */
export type CronOptions<E, R> = Parameters<typeof ClusterCron.make<E, R>>[0]

/**
 * The same as `ClusterCron.make`, with the same options. A job that failed, died or was interrupted is that outcome in
 * `cluster_message_processing_seconds` of the entity type `ClusterCron/<name>`, and one in `cluster_errors_total`. A run
 * that `skipIfOlderThan` leaves out counts as a success, as upstream has it.
 */
export const cron = <E, R>(
  options: CronOptions<E, R>
): Layer.Layer<never, never, Sharding | MetricsService | Exclude<R, Scope>> =>
  ClusterCron.make({ ...options, execute: telling(options.name, options.execute) })

const telling = <E, R>(name: string, execute: Effect.Effect<void, E, R>): Effect.Effect<void, E, R | MetricsService> =>
  Effect.flatMap(FiberRef.get(cronOutcome), (cell) =>
    cell === undefined
      ? Effect.flatMap(MetricsService, (metrics) => alone(metrics, `${cronEntityPrefix}${name}`, execute))
      : Effect.onExit(execute, (exit) => Effect.sync(() => (cell.job = ofExit(exit))))
  )

// The handler is not watched, because `ClusterMetrics.layer` is not there or leaves the type out: the job is.
const alone = <E, R>(
  { cluster, meter }: MetricsService,
  entity_type: string,
  execute: Effect.Effect<void, E, R>
): Effect.Effect<void, E, R> =>
  watchWith(execute, {
    site: "cluster cron",
    meter,
    ended: (outcome, seconds) => {
      const failed = outcome._tag === "success" ? undefined : outcome._tag
      bind(cluster.messageProcessing, { entity_type, message: "run", outcome: failed }).record(seconds)
      const type = errorTypeOf(outcome)
      if (type !== undefined) {
        bind(cluster.errors, { entity_type, type }).record(1)
      }
    }
  })
