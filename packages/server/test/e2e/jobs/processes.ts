/** Runners in processes of their own, and a client in this one. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../../../../vitest.ports.ts"
import { JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { database } from "../../infra/jobs/cluster/nodes.ts"
import { eventually } from "../../support/eventually.ts"
import { compiled } from "../../support/programs.ts"

/** Where the tables are. */
export type Store =
  | { readonly _tag: "Postgres"; readonly url: string }
  | { readonly _tag: "Sqlite"; readonly file: string }

/** What the process of a runner is told. */
export interface RunnerSettings {
  readonly name: string
  readonly port: number
  readonly store: Store
  /** The file in which its jobs write down what they do. */
  readonly record: string
  readonly lease: `${number} seconds`
  readonly pollInterval: `${number} millis` | `${number} seconds`
}

/** The variable of the environment that has the settings, as JSON. */
export const settingsVariable = "JOBS_RUNNER"

/** A runner. */
export interface RunnerProcess {
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Resolves when it has ended, with its exit code. */
  readonly ended: Effect.Effect<number | null>
  readonly isAlive: () => boolean
}

/** Starts runners with a record in common. */
export interface Runners {
  readonly record: string
  readonly start: (
    settings: Pick<RunnerSettings, "name" | "store"> & Partial<RunnerSettings>
  ) => Effect.Effect<RunnerProcess, never, Scope>
}

/** A folder that is gone when the scope closes. */
export const folder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "jobs-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
)

export const runners: Effect.Effect<Runners, never, Scope> = Effect.gen(function* () {
  const program = yield* compiled(new URL("./runner.ts", import.meta.url))
  const record = join(yield* folder, "record")
  return {
    record,
    start: (given) =>
      Effect.gen(function* () {
        const port = yield* Effect.promise(() => freePort())
        const settings = {
          port,
          record,
          lease: "2 seconds",
          pollInterval: "250 millis",
          ...given
        } satisfies RunnerSettings
        return yield* Effect.acquireRelease(
          Effect.promise(() => started(program, settings)),
          ({ isAlive, signal }) => (isAlive() ? signal("SIGKILL") : Effect.void)
        )
      })
  }
})

const started = async (program: string, settings: RunnerSettings): Promise<RunnerProcess> => {
  const child = fork(program, [], {
    env: { ...process.env, [settingsVariable]: JSON.stringify(settings) },
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  const ended = exitOf(child)
  await Promise.race([
    once(child, "message"),
    ended.then((code) => Promise.reject(new Error(`runner ${settings.name} ended with ${code}`)))
  ])
  return {
    signal: (signal) => Effect.sync(() => child.kill(signal)),
    ended: Effect.promise(() => ended),
    isAlive: () => child.exitCode === null && child.signalCode === null
  }
}

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  const [code] = await once(child, "exit")
  return typeof code === "number" ? code : null
}

/** `JobService` without a runner, over PostgreSQL. */
export const client = (url: string) =>
  JobService.layerClient().pipe(
    Layer.provideMerge(database(url, "client")),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

/** What the numbers of states in the tables mean. */
const states = ["waiting", "held", "completed", "cancelled", "dead"] as const

/** How many jobs stand in each state, those without jobs left out. A connection that went with the server is not the last. */
export const counts = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly state: number; readonly jobs: number | string }>`
      SELECT state, count(*) AS jobs FROM (SELECT state FROM jobs UNION ALL SELECT state FROM jobs_done) all_jobs
      GROUP BY state ORDER BY state`,
    (rows): Partial<Record<(typeof states)[number], number>> =>
      Object.fromEntries(rows.map(({ jobs, state }) => [states[state], Number(jobs)]))
  )
).pipe(Effect.retry({ times: 20, schedule: Schedule.spaced("500 millis") }))

/** Waits until nothing is alive, and says how many jobs ended how. */
export const settled = eventually(counts, ({ held, waiting }) => held === undefined && waiting === undefined)
