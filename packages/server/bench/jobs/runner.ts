/** A runner in a process of its own, for the figures with several. */
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterHttp from "@effect/platform-node/NodeClusterHttp"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { JobService } from "@parametric-portal/server/infra/jobs"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { NothingLive } from "./world.ts"

// It ends with the benchmark, however that ends.
process.once("disconnect", () => process.exit())

const [, , url = "", port = "0"] = process.argv

Layer.merge(NothingLive, Layer.effectDiscard(Effect.sync(() => process.send?.("ready")))).pipe(
  Layer.provide(JobService.layer({ lanes: 48 })),
  Layer.provide(
    NodeClusterHttp.layer({
      transport: "http",
      storage: "sql",
      runnerHealth: "ping",
      shardingConfig: {
        runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", Number(port))),
        shardsPerGroup: 60,
        refreshAssignmentsInterval: "1 second"
      }
    })
  ),
  Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 12 })),
  Layer.provide(MetricsService.layer({ registry: "own" })),
  Layer.provide(Logger.minimumLogLevel(LogLevel.Error)),
  Layer.launch,
  NodeRuntime.runMain
)
