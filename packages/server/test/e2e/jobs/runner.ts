/** A runner in a process of its own: on PostgreSQL one of a cluster, on a file of SQLite alone with its file, as in the guide. */
import { NodeRuntime } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { SingleRunner } from "@effect/cluster"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { JobService } from "../../../src/infra/jobs.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { database, runnerNode } from "../../infra/jobs/cluster/nodes.ts"
import { type RunnerSettings, settingsVariable } from "./processes.ts"
import { handlersLive } from "./work.ts"

const settings: RunnerSettings = JSON.parse(process.env[settingsVariable] ?? "{}")
const { name, options, port, record, store } = settings

const sqlite = (filename: string) =>
  Layer.effectDiscard(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA synchronous = FULL`)).pipe(
    Layer.provideMerge(SqliteClient.layer({ filename })),
    Layer.orDie
  )

const ground =
  store._tag === "Postgres"
    ? Layer.provideMerge(runnerNode(port), database(store.url, name))
    : Layer.provideMerge(Layer.orDie(SingleRunner.layer()), sqlite(store.file))

Layer.mergeAll(
  handlersLive({ file: record, runner: name }),
  Layer.effectDiscard(Effect.sync(() => process.send?.("ready")))
).pipe(
  Layer.provide(JobService.layer({ runnerName: name, ...options })),
  Layer.provide(ground),
  Layer.provide(MetricsService.layer({ registry: "own" })),
  Layer.provide(Logger.minimumLogLevel(LogLevel.fromLiteral(process.env["JOBS_LOG"] === undefined ? "None" : "Info"))),
  Layer.launch,
  NodeRuntime.runMain
)
