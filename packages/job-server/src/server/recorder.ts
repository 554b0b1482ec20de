/**
 * Where a server can be observed from outside the library: whoever starts it may decorate these places. The server
 * itself records nothing but its metrics.
 */
import type { Sharding } from "@effect/cluster/Sharding"
import type { JobService, JobStore } from "@parametric-portal/server/infra/jobs"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"

/** Runs an attempt at a job, unchanged. */
export type AroundAttempt = <A, E, R>(jobId: string, attempt: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What is used of a `Pool` of the package `pg`. */
export interface DriverPool {
  readonly on: (event: "connect", connected: (client: object) => void) => unknown
}

export interface Recorder {
  /** Between the server and the library. */
  readonly service: Layer.Layer<JobService, never, JobService>
  /** Between the library and the tables of jobs. */
  readonly store: Layer.Layer<JobStore, never, JobStore>
  /** Between the jobs and the cluster. */
  readonly sharding: Layer.Layer<Sharding, never, Sharding>
  /** Around each handler of a job. */
  readonly aroundAttempt: AroundAttempt
  /** Given the pool of connections to PostgreSQL before it has one. */
  readonly pool: (pool: DriverPool) => void
  /** Around everything that queries SQLite. */
  readonly statements: Layer.Layer<never>
  /** Counts of the recorder, exported with the metrics of each process. */
  readonly counts: Layer.Layer<never, { readonly message: string }, MetricsService>
  /** Metrics of the recorder itself, exported with those of a runner. */
  readonly metrics: Layer.Layer<never, { readonly message: string }, MetricsService>
}
