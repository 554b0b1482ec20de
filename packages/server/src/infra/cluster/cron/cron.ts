/** `ClusterCron.make` with the outcome of each job: upstream logs a failed job, and its message succeeds. */
import * as ClusterCron from "@effect/cluster/ClusterCron"
import type { Sharding } from "@effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Layer from "effect/Layer"
import type { Scope } from "effect/Scope"
import { failedOutcome } from "../../../observe/catalogue/outcome.ts"
import { bind } from "../../../observe/instrument/bind.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import { ofExit } from "../../../observe/track/outcome-of.ts"
import { watchWith } from "../../../observe/track/watch.ts"
import { cronEntityPrefix, cronOutcome } from "./cron-outcome.ts"
import { errorTypeOf } from "../cluster-error.ts"

/** The options of `ClusterCron.make`. */
export type CronOptions<E, R> = Parameters<typeof ClusterCron.make<E, R>>[0]

/**
 * The same as `ClusterCron.make`, with the same options. A job that failed, died or was interrupted is that outcome in
 * `cluster_message_processing_seconds` of the entity type `ClusterCron/<name>`; a failure or a defect is also one in
 * `cluster_errors_total`. A run that `skipIfOlderThan` skips is a success, as its message is upstream.
 */
export const cron = <E, R>(
  options: CronOptions<E, R>
): Layer.Layer<never, never, Sharding | MetricsService | Exclude<R, Scope>> =>
  ClusterCron.make({ ...options, execute: withOutcome(options.name, options.execute) })

const withOutcome = <E, R>(
  name: string,
  execute: Effect.Effect<void, E, R>
): Effect.Effect<void, E, R | MetricsService> =>
  Effect.flatMap(FiberRef.get(cronOutcome), (outcome) =>
    outcome === undefined
      ? Effect.flatMap(MetricsService, (metrics) => watchJob(metrics, `${cronEntityPrefix}${name}`, execute))
      : Effect.onExit(execute, (exit) => Effect.sync(() => (outcome.job = ofExit(exit))))
  )

// The handler is not watched, because `ClusterMetrics.layer` is not provided or excludes the type: so the job is.
const watchJob = <E, R>(
  { cluster, meter }: MetricsService,
  entity_type: string,
  execute: Effect.Effect<void, E, R>
): Effect.Effect<void, E, R> =>
  watchWith(execute, {
    site: "cluster cron",
    meter,
    ended: (outcome, seconds, start) => {
      const labels = { entity_type, message: "run", outcome: failedOutcome(outcome) }
      bind(cluster.messageProcessing, labels).record(seconds, start)
      const type = errorTypeOf(outcome)
      if (type !== undefined) {
        bind(cluster.errors, { entity_type, type }).record(1)
      }
    }
  })
