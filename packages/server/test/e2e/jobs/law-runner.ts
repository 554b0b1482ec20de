/** A runner of the law's jobs in a process of its own: it exports what it measures until it is told to stop. */
import { NodeRuntime } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { JobService } from "../../../src/infra/jobs.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { database, runnerNode } from "../../infra/jobs/cluster/nodes.ts"
import { WorkLive } from "../../infra/jobs/law/work.ts"
import { lawVariable, type LawRunnerSettings } from "./law-settings.ts"

const settings: LawRunnerSettings = JSON.parse(process.env[lawVariable] ?? "{}")
const { databaseUrl, metricsUrl, name, port } = settings

const telemetry = Telemetry.layer({
  serviceName: "jobs",
  resource: { "service.instance.id": name },
  destinations: [{ type: "otlp", url: metricsUrl }],
  interval: "500 millis",
  registries: "own"
})

Layer.mergeAll(WorkLive, Layer.effectDiscard(Effect.sync(() => process.send?.("ready")))).pipe(
  Layer.provide(
    JobService.layer({
      runnerName: name,
      partitions: 16,
      lease: "4 seconds",
      pollInterval: "250 millis",
      interruptGrace: "2 seconds",
      maxLosses: 3
    })
  ),
  Layer.provide(runnerNode(port)),
  Layer.provide(telemetry),
  Layer.provide(MetricsService.layer({ registry: "own" })),
  Layer.provide(database(databaseUrl, name)),
  Layer.provide(Logger.minimumLogLevel(LogLevel.fromLiteral(process.env["LAW_LOG"] === undefined ? "None" : "Info"))),
  Layer.launch,
  NodeRuntime.runMain
)
