/** One runner in a process of its own: it runs jobs and exports what it measures until it is told to stop. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { JobService } from "../../../../src/infra/jobs.ts"
import { MetricsService } from "../../../../src/observe/metrics.ts"
import { Telemetry } from "../../../../src/observe/telemetry.ts"
import { database, runnerNode } from "./nodes.ts"
import { EndlessLive, MixedLive } from "./work.ts"

const { DATABASE_URL = "", JOBS_LOG = "Warning", METRICS_URL = "", RUNNER_NAME = "", RUNNER_PORT = "0" } = process.env

const telemetry = Telemetry.layer({
  serviceName: "jobs",
  resource: { "service.instance.id": RUNNER_NAME },
  destinations: [{ type: "otlp", url: METRICS_URL }],
  interval: "500 millis",
  registries: "own"
})

Layer.mergeAll(MixedLive, EndlessLive, Layer.effectDiscard(Effect.sync(() => process.stdout.write("ready\n")))).pipe(
  Layer.provide(
    JobService.layer({ lanes: 48, runnerName: RUNNER_NAME, pollEvery: "2 seconds", interruptGrace: "2 seconds" })
  ),
  Layer.provide(runnerNode(Number(RUNNER_PORT))),
  Layer.provide(telemetry),
  Layer.provide(MetricsService.layer({ registry: "own" })),
  Layer.provide(database(DATABASE_URL, RUNNER_NAME)),
  Layer.provide(Logger.minimumLogLevel(LogLevel.fromLiteral(JOBS_LOG === "Debug" ? "Debug" : "Warning"))),
  Layer.launch,
  NodeRuntime.runMain
)
