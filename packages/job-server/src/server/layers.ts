/** The layers of the job server, as a user of the library puts them together. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { NodeClusterSocket, SingleRunner } from "@parametric-portal/server/infra/cluster"
import {
  JobEntityLive,
  JobHandlers,
  JobsConfig,
  type JobsOptions,
  JobService,
  JobStore,
  settingsOf
} from "@parametric-portal/server/infra/jobs"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { postgres, shardingConfig } from "./cluster-config.ts"
import { handlersLayer } from "./job-types.ts"
import type { Ledger } from "../audit/event-log.ts"
import { ledgerGauge } from "../audit/event-log-gauge.ts"
import { processAttribute } from "../demo/receiver.ts"
import { scrapeDestinations } from "./prometheus-destination.ts"
import { witnessSharding } from "../audit/recording-sharding.ts"
import { witnessStore } from "../audit/recording-store.ts"

/** What a process of the server is told. */
export interface ProcessOptions {
  /** What it is called in the tables, and in the resource of its metrics. */
  readonly name: string
  /** Where metrics are sent, with the path. */
  readonly url: string
  readonly ledger: Ledger
}

const jobsOptions = (runnerName: string): JobsOptions => ({ runnerName, lanes: 16, sampleEvery: "1 second" })

/**
 * Runs jobs and submits them. It is what `JobService.layer` is, with the ledger as a witness at the store of jobs and at
 * the door of the cluster.
 */
export const jobsLayer = ({ ledger, name }: ProcessOptions) => {
  const runner = JobEntityLive.pipe(
    Layer.provideMerge(JobHandlers.layer),
    Layer.provide(Layer.provide(witnessStore(ledger), JobStore.layer)),
    Layer.provide(Layer.succeed(JobsConfig, settingsOf(jobsOptions(name))))
  )
  return handlersLayer(ledger).pipe(
    Layer.provideMerge(runner),
    Layer.merge(JobService.layerClient(jobsOptions(name))),
    Layer.provide(witnessSharding(ledger))
  )
}

/**
 * Metrics, exported every second, and shown to a Prometheus if that was asked for. The last export comes when everything
 * that records has ended.
 */
export const metricsLayer = ({ name, url }: ProcessOptions) =>
  Layer.unwrapEffect(
    Effect.map(scrapeDestinations(name), (pages) =>
      Telemetry.layer({
        serviceName: "job-server",
        resource: { [processAttribute]: name },
        interval: "1 second",
        destinations: [{ type: "otlp", url, compression: "gzip" }, ...pages]
      })
    )
  ).pipe(Layer.provideMerge(MetricsService.Default))

/** One runner of several, on PostgreSQL. */
export const runnerServer = (
  options: ProcessOptions,
  { database, port }: { readonly database: string; readonly port: number }
) =>
  Layer.merge(jobsLayer(options), ledgerGauge(options.ledger)).pipe(
    Layer.provide(NodeClusterSocket.layer({ storage: "sql", shardingConfig: shardingConfig(port) })),
    Layer.provide(postgres(database, options.name)),
    Layer.provideMerge(metricsLayer(options))
  )

/** The process that hands jobs to a cluster and runs none. */
export const clientServer = (options: ProcessOptions, database: string) =>
  JobService.layerClient(jobsOptions(options.name)).pipe(
    Layer.provide(witnessSharding(options.ledger)),
    Layer.provide(
      NodeClusterSocket.layer({ storage: "sql", clientOnly: true, shardingConfig: shardingConfig(undefined) })
    ),
    Layer.provideMerge(postgres(database, options.name)),
    Layer.provideMerge(metricsLayer(options))
  )

/** The whole server in this process, on a SQLite database. */
export const singleServer = (options: ProcessOptions, database: string) =>
  jobsLayer(options).pipe(
    Layer.provide(
      SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { entityTerminationTimeout: "2 seconds" } })
    ),
    Layer.provideMerge(SqliteClient.layer({ filename: database })),
    Layer.provideMerge(metricsLayer(options))
  )
