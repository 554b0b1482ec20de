/** The library, as its own documentation uses it. */
import type * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { options } from "./work.ts"

/** What was recorded of jobs or of messages. */
export interface Recorded {
  readonly timed: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  readonly inFlight: number
}

/** A service in a registry of its own. */
export interface Ours {
  readonly run: (program: Effect.Effect<void, never, MetricsService>) => Promise<void>
  readonly recorded: () => Promise<{ readonly jobs: Recorded; readonly messages: Recorded }>
}

/** Options that are given anew with every call. */
export const trackJob = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | MetricsService> =>
  MetricsService.trackJob({ jobType: options.jobType, operation: options.operation, priority: options.priority })(
    effect
  )

/** Options that are given once, and applied to every effect. */
export const trackJobHoisted = MetricsService.trackJob(options)

/** A cluster operation: timed and counted. */
export const trackCluster = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | MetricsService> =>
  MetricsService.trackCluster(effect, { operation: "send", entityType: "Digest", message: "Process" })

/** Makes a service. */
export const ours = (): Ours => {
  const runtime = ManagedRuntime.make(Testing.layer())
  return {
    run: (program) => runtime.runPromise(program),
    recorded: async () => totals(await runtime.runPromise(Testing.snapshot))
  }
}

const totals = (values: Testing.Snapshot) => {
  const total = (start: string): number =>
    Object.entries(values).reduce((sum, [text, value]) => {
      if (!text.startsWith(start)) {
        return sum
      }
      return sum + (typeof value === "number" ? value : value.count)
    }, 0)
  return {
    jobs: {
      timed: total("jobs_processing_seconds"),
      succeeded: total("jobs_completed_total"),
      failed: total("jobs_failed_total"),
      cancelled: total("jobs_cancelled_total"),
      inFlight: total("jobs_in_flight{")
    },
    messages: {
      timed: total("cluster_message_latency_seconds"),
      succeeded: total("cluster_messages_sent_total"),
      failed: total("cluster_errors_total"),
      cancelled: 0,
      inFlight: 0
    }
  }
}
