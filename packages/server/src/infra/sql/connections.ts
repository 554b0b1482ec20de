/** The connections of a pool: who has the pool tells how many there are, and they are read when metrics are collected. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { observe } from "../../observe/instrument/sampler.ts"
import type { MetricsService } from "../../observe/metrics.ts"

/** The connections of a pool at one moment. */
export interface ConnectionCounts {
  /** Connections that nobody uses. */
  readonly idle: number
  /** Connections that are in use. */
  readonly used: number
  /** Requests that wait for a connection. */
  readonly pending: number
  /** The most connections that the pool may have; no series without it. */
  readonly max?: number | undefined
}

/** A pool of connections. */
export interface ConnectionPool {
  /** The label `db_client_connection_pool_name`. Two pools of one process need two names. */
  readonly name: string
  /** The counts now. Called whenever metrics are collected; where it throws, the gauges are absent. */
  readonly counts: () => ConnectionCounts
}

/** What is read of a `Pool` of the package `pg`. */
export interface PgPool {
  /** All of its connections. */
  readonly totalCount: number
  /** Those that nobody uses. */
  readonly idleCount: number
  /** Requests that wait for a connection. */
  readonly waitingCount: number
  /** What it was made with. */
  readonly options: { readonly max?: number | undefined }
}

/** The counts of a `Pool` of the package `pg`, such as the one that `PgClient.layerFromPool` is given. */
export const pgPool = (name: string, pool: PgPool): ConnectionPool => ({
  name,
  counts: () => ({
    idle: pool.idleCount,
    used: pool.totalCount - pool.idleCount,
    pending: pool.waitingCount,
    max: pool.options.max
  })
})

/** Reads the counts of a pool whenever metrics are collected, until the scope closes. */
export const observePool = (
  metrics: MetricsService,
  { counts, name }: ConnectionPool
): Effect.Effect<void, never, Scope.Scope> => {
  // Taken apart here: the published types would name what they leave out.
  const { db, meter } = metrics
  const labels = { db_client_connection_pool_name: name }
  return Effect.all(
    [
      observe(meter, db.clientConnectionCount, () => {
        const { idle, used } = counts()
        return [
          { labels: { ...labels, db_client_connection_state: "idle" }, value: idle },
          { labels: { ...labels, db_client_connection_state: "used" }, value: used }
        ]
      }),
      observe(meter, db.clientConnectionPendingRequests, () => [{ labels, value: counts().pending }]),
      observe(meter, db.clientConnectionMax, () => {
        const { max } = counts()
        return max === undefined ? [] : [{ labels, value: max }]
      })
    ],
    { discard: true }
  )
}
