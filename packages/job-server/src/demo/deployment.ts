/** Deploys the job server: in this process on SQLite, or as several runner processes on a temporary PostgreSQL. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { JobService } from "@parametric-portal/server/infra/jobs"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import type { Server } from "node:http"
import path from "node:path"
import type { AuditedProcess } from "../audit/audit.ts"
import { EventLog, readEventLog } from "../audit/event-log.ts"
import { eventRecorder } from "../audit/event-recorder.ts"
import { WireCounts } from "../audit/wire-counts.ts"
import { UsageError } from "../command-line/usage-error.ts"
import { clientServer, singleServer } from "../server/layers.ts"
import { startPostgres } from "../server/postgres.ts"
import { type RunnerProcess, startRunners } from "../server/runner-processes.ts"
import { temporaryFolder } from "../server/temporary-folder.ts"
import type { DemoOptions } from "./arguments.ts"
import { killAfterExport } from "./kill-runner.ts"
import type { Receiver } from "./receiver.ts"
import { say, type Screen } from "./screen.ts"

/** The server cannot be built: a variable is malformed, or a database is out of reach. */
export class CannotStart extends Data.TaggedError("CannotStart")<{ readonly message: string }> {}

export interface Deployment {
  /** Submits jobs, and runs them too if there is only this process. */
  readonly layer: Layer.Layer<JobService | SqlClient | MetricsService, CannotStart>
  /** Counts the requests to a server of this process. */
  readonly observeServer: (server: Server) => void
  /** Kills a runner, if the options say so. */
  readonly killOne: Effect.Effect<void>
  /** The names of the processes that are running. */
  readonly processNames: Effect.Effect<ReadonlyArray<string>>
  /** Stops the other processes, and returns the event logs of all. */
  readonly stop: Effect.Effect<ReadonlyArray<AuditedProcess>>
}

export interface DeployContext {
  readonly receiver: Receiver
  readonly screen: Screen
}

export const deploy = (options: DemoOptions, context: DeployContext) =>
  options.runners === 1 ? deploySingle(options, context) : deployRunners(options, context)

const deploySingle = ({ hasTraces, otlp }: DemoOptions, { receiver }: DeployContext) =>
  Effect.map(temporaryFolder("data"), (folder): Deployment => {
    const log = new EventLog()
    const name = "server"
    const wire = new WireCounts()
    const recorder = eventRecorder(log, wire)
    return {
      observeServer: wire.ofServer,
      layer: startable(
        singleServer({ name, url: receiver.url, otlp, hasTraces, recorder }, path.join(folder, "jobs.db"))
      ),
      killOne: Effect.void,
      processNames: Effect.succeed([name]),
      stop: Effect.sync(() => [{ name, isRunner: true, wasKilled: false, entries: log.entries }])
    }
  })

const deployRunners = (
  { hasTraces, isKilling, otlp, runners: count }: DemoOptions,
  { receiver, screen }: DeployContext
) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder("events")
    yield* say(screen, `Starting PostgreSQL and ${count} runners.`)
    const cluster = { database: yield* startPostgres, clusterSecret: randomBytes(24).toString("base64url") }
    const exports = { url: receiver.url, otlp, hasTraces }
    const runners = yield* startRunners({ count, ...exports, ...cluster, folder, log: screen.line })
    yield* say(screen, `Started ${runners.map(({ name, pid }) => `${name} (process ${pid})`).join(", ")}.`)
    const log = new EventLog()
    const wire = new WireCounts()
    const client = { name: "front", isRunner: false, wasKilled: false, entries: log.entries }
    const victim = isKilling ? runners.at(-1) : undefined
    const killed = new Set<RunnerProcess>()
    const kill = (runner: RunnerProcess) =>
      Effect.zipRight(
        killAfterExport(runner, { receiver, screen }),
        Effect.sync(() => killed.add(runner))
      )
    const deployment: Deployment = {
      observeServer: wire.ofServer,
      layer: startable(clientServer({ name: client.name, ...exports, recorder: eventRecorder(log, wire) }, cluster)),
      killOne: victim === undefined ? Effect.void : kill(victim),
      processNames: Effect.sync(() =>
        [client, ...runners.filter((runner) => !killed.has(runner))].map(({ name }) => name)
      ),
      stop: Effect.gen(function* () {
        yield* Effect.forEach(runners, ({ stop }) => stop, { concurrency: "unbounded", discard: true })
        const stopped = yield* Effect.forEach(runners, (runner) =>
          Effect.map(readEventLog(runner.eventLog), (entries): AuditedProcess => {
            return { name: runner.name, isRunner: true, wasKilled: killed.has(runner), entries }
          })
        )
        return [client, ...stopped]
      })
    }
    return deployment
  }).pipe(Effect.mapError(({ message }) => new UsageError({ message: `--runners ${count}: ${message}` })))

const startable = <A, R>(layer: Layer.Layer<A, { readonly message: string }, R>) =>
  Layer.mapError(layer, ({ message }) => new CannotStart({ message: `The server cannot start: ${message}` }))
