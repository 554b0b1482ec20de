/** The client of the PostgreSQL database that all processes share, with metrics of its statements and connections. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { SqlMetrics } from "@parametric-portal/server/infra/sql"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import pg from "pg"
import type { DriverPool } from "./recorder.ts"

/** `observe` is given the pool before it has a connection. */
export const postgresClient = (url: string, applicationName: string, observe: (pool: DriverPool) => void) =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new pg.Pool({ connectionString: url, application_name: applicationName, max: 10 })),
        (pool) => Effect.promise(() => pool.end())
      ),
      (pool) => {
        observe(pool)
        return Layer.provideMerge(
          SqlMetrics.layer({ pool: SqlMetrics.pgPool("jobs", pool) }),
          PgClient.layerFromPool({ acquire: Effect.succeed(pool), applicationName })
        )
      }
    )
  )
