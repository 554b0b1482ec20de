/** How the runners and the client of a test find one another: over HTTP, with locks that expire soon. */
import * as NodeClusterHttp from "@effect/platform-node/NodeClusterHttp"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const quick = {
  shardsPerGroup: 60,
  runnerHealthCheckInterval: "2 seconds",
  shardLockExpiration: "9 seconds",
  shardLockRefreshInterval: "3 seconds",
  refreshAssignmentsInterval: "1 second",
  entityMessagePollInterval: "1 second",
  entityTerminationTimeout: "5 seconds"
} as const

/** The database; what is done there is told from others by the name. */
export const database = (url: string, name: string) =>
  Layer.orDie(PgClient.layer({ url: Redacted.make(url), applicationName: name, maxConnections: 12 }))

export const runnerNode = (port: number) =>
  Layer.orDie(
    NodeClusterHttp.layer({
      transport: "http",
      storage: "sql",
      runnerHealth: "ping",
      shardingConfig: { ...quick, runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)) }
    })
  )

export const clientNode = Layer.orDie(
  NodeClusterHttp.layer({
    transport: "http",
    storage: "sql",
    clientOnly: true,
    shardingConfig: { ...quick, runnerAddress: Option.none() }
  })
)
