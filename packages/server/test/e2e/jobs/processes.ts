/** Runners in processes of their own, and a client in this one. */
import { SqliteClient } from "@effect/sql-sqlite-node"
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
import { JobService, type JobsOptions } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { database } from "../../infra/jobs/cluster/nodes.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
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
  readonly options: Pick<JobsOptions, "lease" | "pollInterval" | "interruptGrace" | "partitions" | "maxLosses">
}

/** What a process is told that submits jobs with these delays, in milliseconds, and ends. */
export interface SubmitterSettings {
  readonly url: string
  readonly record: string
  readonly delays: ReadonlyArray<number>
}

/** What its Node is started with. */
export interface NodeSettings {
  readonly flags?: ReadonlyArray<string>
  readonly env?: NodeJS.ProcessEnv
  /** What it says on its standard error is of no interest. */
  readonly isSilent?: boolean
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
    settings: Pick<RunnerSettings, "name" | "store"> & RunnerSettings["options"],
    node?: NodeSettings
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
    start: ({ name, store, ...given }, node = {}) =>
      Effect.gen(function* () {
        const port = yield* Effect.promise(() => freePort())
        const options = {
          lease: "2 seconds",
          pollInterval: "250 millis",
          interruptGrace: "2 seconds",
          ...given
        } as const
        return yield* Effect.acquireRelease(
          Effect.promise(() => started(program, { name, port, store, record, options }, node)),
          ({ isAlive, signal }) => (isAlive() ? signal("SIGKILL") : Effect.void)
        )
      })
  }
})

/** Submits from a process of its own, until it has ended. */
export const submit = (settings: SubmitterSettings, { env, flags = [] }: NodeSettings) =>
  Effect.gen(function* () {
    const program = yield* compiled(new URL("./submitter.ts", import.meta.url))
    const code = yield* Effect.promise(() =>
      exitOf(
        fork(program, [], {
          env: { ...process.env, ...env, [settingsVariable]: JSON.stringify(settings) },
          execArgv: [...flags],
          stdio: "inherit"
        })
      )
    )
    if (code !== 0) {
      yield* Effect.dieMessage(`the submitter ended with ${code}`)
    }
  })

const started = async (
  program: string,
  settings: RunnerSettings,
  { env, flags = [], isSilent = false }: NodeSettings
): Promise<RunnerProcess> => {
  const child = fork(program, [], {
    env: { ...process.env, ...env, [settingsVariable]: JSON.stringify(settings) },
    execArgv: [...flags],
    stdio: ["ignore", "inherit", isSilent ? "ignore" : "inherit", "ipc"]
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

/** The same over a file of SQLite. */
export const clientOnFile = (filename: string) =>
  JobService.layerClient().pipe(
    Layer.provideMerge(SqliteClient.layer({ filename })),
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

/** A new database of PostgreSQL, or a new file of SQLite, and its client. */
export const stores = {
  postgres: (name: string) =>
    Effect.map(
      Effect.flatMap(Postgres, (server) => server.database(name)),
      (url) => ({ store: { _tag: "Postgres", url }, client: client(url) }) as const
    ),
  sqlite: (name: string) =>
    Effect.map(folder, (made) => {
      const file = join(made, `${name}.sqlite`)
      return { store: { _tag: "Sqlite", file }, client: clientOnFile(file) } as const
    })
}

/** Waits until nothing is alive, and says how many jobs ended how. */
export const settled = eventually(counts, ({ held, waiting }) => held === undefined && waiting === undefined)
