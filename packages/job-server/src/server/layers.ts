/** The layers of the job server, composed as a user of the library would. */
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
import { RuntimeMetrics } from "@parametric-portal/server/observe/runtime"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { shardingConfig } from "./cluster-config.ts"
import { handlersLayer } from "./job-types.ts"
import { listedExporters } from "./listed-exporters.ts"
import { otlpExport, recordsExport } from "./otlp-export.ts"
import { postgresClient } from "./postgres-client.ts"
import { processAttribute } from "./process-name.ts"
import { prometheusDestinations } from "./prometheus-destination.ts"
import type { Recorder } from "./recorder.ts"
import { sqliteClient } from "./sqlite.ts"

export interface ProcessOptions {
  /** The name of the process in the tables and in the resource of its metrics. */
  readonly name: string
  /** Where to send metrics, with the path. */
  readonly url: string
  /** Where to send all three signals besides, without their paths. */
  readonly otlp: string | undefined
  /** Whether spans and log records go where the metrics go. */
  readonly hasTraces: boolean
  readonly recorder: Recorder
}

const jobsOptions = (runnerName: string): JobsOptions => ({ runnerName, partitions: 16, sampleInterval: "1 second" })

/** Submits jobs: `JobService.layerClient`, with the recorder around the library. */
const clientLayer = ({ name, recorder }: ProcessOptions) =>
  Layer.provide(recorder.service, JobService.layerStore).pipe(
    Layer.provide(Layer.provide(recorder.store, JobStore.layer())),
    Layer.provide(Layer.succeed(JobsConfig, settingsOf(jobsOptions(name))))
  )

/** Runs jobs and submits them: `JobService.layer`, with the recorder around the library. */
export const jobsLayer = ({ name, recorder }: ProcessOptions) => {
  const runner = Layer.merge(JobEntityLive, Layer.provide(recorder.service, JobService.layerStore)).pipe(
    Layer.provideMerge(JobHandlers.layer),
    Layer.provide(Layer.provide(recorder.store, JobStore.layer())),
    Layer.provide(Layer.succeed(JobsConfig, settingsOf(jobsOptions(name))))
  )
  return handlersLayer(recorder.aroundAttempt).pipe(Layer.provideMerge(runner), Layer.provide(recorder.sharding))
}

/**
 * Metrics, exported every second and optionally shown to a Prometheus, and optionally all three signals to another
 * receiver. The last export comes after everything that records has stopped.
 */
export const telemetryLayer = ({ hasTraces, name, otlp, url }: ProcessOptions) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const pages = yield* prometheusDestinations(name)
      yield* listedExporters("OTEL_TRACES_EXPORTER", ["otlp", "none"])
      yield* listedExporters("OTEL_LOGS_EXPORTER", ["otlp", "none"])
      const { metrics, ...others } = otlpExport(otlp)
      return Telemetry.layer({
        serviceName: "job-server",
        resource: { [processAttribute]: name },
        interval: "1 second",
        destinations: [{ type: "otlp", url, compression: "gzip" }, ...pages, ...metrics],
        ...others,
        ...(hasTraces ? recordsExport(new URL(url).origin) : {})
      })
    })
  ).pipe(Layer.merge(RuntimeMetrics.layer()), Layer.provideMerge(MetricsService.Default))

/** What the processes of a cluster share. */
export interface ClusterOptions {
  /** The URL of the PostgreSQL database. */
  readonly database: string
  /** The secret that they prove to each other. */
  readonly clusterSecret: string
}

/** One runner of several, on PostgreSQL. */
export const runnerServer = (
  options: ProcessOptions,
  { clusterSecret, database, port }: ClusterOptions & { readonly port: number }
) =>
  Layer.merge(jobsLayer(options), options.recorder.metrics).pipe(
    Layer.provide(NodeClusterSocket.layer({ storage: "sql", clusterSecret, shardingConfig: shardingConfig(port) })),
    Layer.provide(postgresClient(database, options.name, options.recorder.pool)),
    Layer.provideMerge(options.recorder.counts),
    Layer.provideMerge(telemetryLayer(options))
  )

/** A process that submits jobs and runs none: it needs the database, and no cluster. */
export const clientServer = (options: ProcessOptions, { database }: Pick<ClusterOptions, "database">) =>
  clientLayer(options).pipe(
    Layer.provideMerge(postgresClient(database, options.name, options.recorder.pool)),
    Layer.provideMerge(options.recorder.counts),
    Layer.provideMerge(telemetryLayer(options))
  )

/** The whole server in this process, on an SQLite database. */
export const singleServer = (options: ProcessOptions, database: string) =>
  jobsLayer(options).pipe(
    Layer.provide(
      SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { entityTerminationTimeout: "2 seconds" } })
    ),
    Layer.provideMerge(sqliteClient(database)),
    Layer.provideMerge(Layer.merge(options.recorder.statements, options.recorder.counts)),
    Layer.provideMerge(telemetryLayer(options))
  )
