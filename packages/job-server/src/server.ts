/** The job server: entities on a cluster of one runner with SQLite, exporting its metrics to a URL. */
import * as SingleRunner from "@effect/cluster/SingleRunner"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Layer from "effect/Layer"
import { Board } from "./board.ts"
import { JobEntityLive } from "./job-entity.ts"
import type { Ledger } from "./ledger.ts"

export interface ServerOptions {
  /** The file of the database. */
  readonly database: string
  /** Where metrics are sent, with the path. */
  readonly url: string
  readonly ledger: Ledger
}

/** Telemetry is below everything that records, so that its last export comes after all of that has ended. */
export const serverLayer = ({ database, ledger, url }: ServerOptions) =>
  JobEntityLive.pipe(
    Layer.provideMerge(
      SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { entityTerminationTimeout: "2 seconds" } })
    ),
    Layer.provide(SqliteClient.layer({ filename: database })),
    Layer.provideMerge(Board.layer(ledger)),
    Layer.provideMerge(
      Telemetry.layer({
        serviceName: "job-server",
        interval: "1 second",
        destinations: [{ type: "otlp", url, compression: "gzip" }]
      })
    ),
    Layer.provideMerge(MetricsService.Default)
  )
